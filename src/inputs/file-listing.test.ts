import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDelivered, deliver } from '../../test/delivered.ts'
import { LEADS_OUT, listFiles, listSiblings } from './file-listing.ts'
import { fileInput } from './file.ts'
import { openRegular } from './open-regular.ts'

let home: string
let watched: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tallyman-listing-'))
  watched = join(home, 'logs')
  await mkdir(watched)
  await mkdir(join(home, 'secret'))
  await writeFile(join(home, 'secret', 'key'), 'private\n')
})
afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})
const at = (name: string): string => join(watched, name)
const pathsOf = ({ files }: { files: readonly { path: string }[] }): string[] => files.map(({ path }) => path)

describe('links within a watched folder', () => {
  it('never lead out of it: one failure each, by name', async () => {
    await symlink('/', at('root'))
    await symlink('/dev/fd', at('descriptors'))
    await symlink(join(home, 'secret', 'key'), at('key.log'))
    await mkdir(at('deep'))
    await symlink('../../secret', at('deep/up'))
    await writeFile(at('own.log'), 'own\n')
    const listing = await listFiles([watched])
    expect(pathsOf(listing)).toEqual([at('own.log')])
    expect(listing.unreadable).toEqual(
      ['deep/up', 'descriptors', 'key.log', 'root'].map((name) => ({ stream: at(name), reason: LEADS_OUT })),
    )
  })

  it('are followed to what lies in a named path, and counted once', async () => {
    await mkdir(at('pods'))
    await writeFile(at('pods/0.log'), 'x\n')
    await symlink('pods/0.log', at('a.log'))
    await symlink(join(home, 'secret', 'key'), at('key.log'))
    const listing = await listFiles([watched, join(home, 'secret')])
    expect(pathsOf(listing)).toEqual([at('a.log'), at('key.log')])
    expect(listing.unreadable).toEqual([])
  })

  it('are what a user may name', async () => {
    await symlink(join(home, 'secret'), at('folder'))
    expect(pathsOf(await listFiles([at('folder')]))).toEqual([at('folder/key')])
  })

  it('are told once while following, and what they lead to is not read', async () => {
    await symlink('/', at('root'))
    await symlink(join(home, 'secret', 'key'), at('key.log'))
    await writeFile(at('own.log'), 'own\n')
    const delivered = createDelivered()
    const began = Date.now()
    const input = fileInput({ name: 'f', paths: [watched], follow: true })
    await deliver(input, delivered, () => delivered.streams.size > 0 && Date.now() - began > 1_500)
    expect([...delivered.streams.values()].map(String)).toEqual(['own\n'])
    expect(delivered.unreadable.map(({ stream }) => stream)).toEqual([at('key.log'), at('root')])
  })

  it('beside a file that is named are none of its rotated forms', async () => {
    await writeFile(at('x'), 'x\n')
    await writeFile(at('x.2'), 'x\n')
    await symlink(join(home, 'secret', 'key'), at('x.1'))
    expect((await listSiblings(at('x'))).map(({ path }) => path)).toEqual([at('x.2')])
  })
})

it('goes on opening a file that rotation renames meanwhile', async () => {
  await writeFile(at('x'), 'x\n')
  const opened = await Promise.all([
    ...Array.from({ length: 20 }, () => openRegular(at('x')).catch(() => undefined)),
    rename(at('x'), at('x.1')).then(() => undefined),
  ])
  for (const handle of opened) {
    expect(String((await handle?.readFile()) ?? 'x\n')).toBe('x\n')
    await handle?.close()
  }
})

describe('what was put in the place of a file since it was listed', () => {
  it.each([
    ['a link', (): Promise<void> => symlink(join(home, 'secret', 'key'), at('a/key'))],
    ['a pipe', async (): Promise<void> => void execFileSync('mkfifo', [at('a/key')])],
    [
      'a folder of its path that is a link',
      async (): Promise<void> => {
        await rm(at('a'), { recursive: true })
        await symlink(join(home, 'secret'), at('a'))
      },
    ],
  ] as const)('is not opened: %s', async (_what, replace) => {
    await mkdir(at('a'))
    await writeFile(at('a/key'), 'x\n')
    const [file] = (await listFiles([watched])).files
    await rename(at('a/key'), at('a/elsewhere'))
    await replace()
    await expect(openRegular(file?.real ?? '')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('a folder without end', () => {
  it('is walked to a bound of entries', async () => {
    for (let n = 0; n < 30; n += 1) await writeFile(at(`f${n}`), 'x\n')
    const { files, bound } = await listFiles([watched], { entries: 10, depth: 16 })
    expect(files.length).toBe(10)
    expect(bound).toBe('there are more than 10 entries')
  })

  it('is walked to a bound of depth, which is a finding', async () => {
    await mkdir(at('d/'.repeat(20)), { recursive: true })
    await writeFile(at(`${'d/'.repeat(16)}seen`), 'seen\n')
    await writeFile(at(`${'d/'.repeat(17)}unseen`), 'unseen\n')
    const delivered = createDelivered()
    await deliver(fileInput({ name: 'f', paths: [watched], follow: false }), delivered)
    expect([...delivered.streams.values()].map(String)).toEqual(['seen\n'])
    expect(delivered.findings).toMatchObject([
      { kind: 'bound-reached', about: 'f', message: expect.stringContaining('more than 16 deep') },
    ])
  })
})
