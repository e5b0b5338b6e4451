import { execFileSync, spawn } from 'node:child_process'
import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Chunk } from '../domain/event.ts'
import { createDelivered, deliver, type Delivered } from '../../test/delivered.ts'
import { fileInput } from './file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-file-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const at = (name: string): string => join(folder, name)
const lines = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, index) => `{"n":${from + index},"text":"line ${from + index}"}\n`,
  ).join('')
const texts = (delivered: Delivered): string[] =>
  [...delivered.streams.values()].map((bytes) => bytes.toString())
/** All lines of all streams, in numeric order: what was written must be there, each once. */
const numbers = (delivered: Delivered): number[] =>
  texts(delivered)
    .flatMap((text) => [...text.matchAll(/^\{"n":(\d+),.*\n/gm)].map((found) => Number(found[1])))
    .sort((a, b) => a - b)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const has = (delivered: Delivered, count: number) => (): boolean => numbers(delivered).length >= count
const once = (paths = [folder], chunkBytes = 256 * 1024): ReturnType<typeof fileInput> =>
  fileInput({ name: 'f', paths, follow: false, chunkBytes })
const follow = (paths = [folder]): ReturnType<typeof fileInput> =>
  fileInput({ name: 'f', paths, follow: true })

const never = (): boolean => false
const pause = (span: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, span))

describe('reading once', () => {
  it('reads folders recursively in order of names, skips hidden files, and ends each stream', async () => {
    await mkdir(at('b/c'), { recursive: true })
    await writeFile(at('b/c/x.log'), 'two\n')
    await writeFile(at('a.log'), 'one\n')
    await writeFile(at('.hidden'), 'no\n')
    await writeFile(at('empty'), '')
    await writeFile(at('z'), 'no newline')
    const delivered = createDelivered()
    await deliver(once(), delivered)
    expect(texts(delivered)).toEqual(['one\n', 'two\n', 'no newline'])
    expect(delivered.ended.size).toBe(3)
  })

  it('yields nothing the second time', async () => {
    await writeFile(at('a.log'), lines(0, 50))
    await writeFile(at('b.gz'), gzipSync(lines(50, 60)))
    const delivered = createDelivered()
    await deliver(once(), delivered)
    const before = delivered.batches.length
    await deliver(once(), delivered)
    expect(delivered.batches.length).toBe(before)
    expect(numbers(delivered)).toEqual(upTo(60))
  })

  it.each(['plain', 'gzip', 'zstd'] as const)(
    'goes on at every byte offset of a %s file',
    async (packing) => {
      const text = lines(0, 3)
      const bytes = { plain: Buffer.from(text), gzip: gzipSync(text), zstd: zstdCompressSync(text) }[packing]
      await writeFile(at('a'), bytes)
      const whole = createDelivered()
      await deliver(once(), whole)
      const [stream] = whole.streams.keys()
      for (let offset = 0; offset < text.length; offset += 1) {
        const delivered = createDelivered()
        delivered.streams.set(stream ?? '', Buffer.from(text.slice(0, offset)))
        await deliver(once([folder], 7), delivered)
        expect(texts(delivered)).toEqual([text])
      }
    },
  )

  it('names a stream by its content through rename and compression', async () => {
    await writeFile(at('a'), lines(0, 5))
    const delivered = createDelivered()
    await deliver(once(), delivered)
    await rm(at('a'))
    await writeFile(at('renamed.gz'), gzipSync(lines(0, 9)))
    await deliver(once(), delivered)
    expect(texts(delivered)).toEqual([lines(0, 9)])
  })

  it('keeps files apart that begin with the same line', async () => {
    await writeFile(at('a'), `{\n${lines(0, 2)}`)
    await writeFile(at('b'), `{\n${lines(2, 4)}`)
    const delivered = createDelivered()
    await deliver(once(), delivered)
    await appendFile(at('b'), lines(4, 5))
    await deliver(once(), delivered)
    expect(texts(delivered)).toEqual([`{\n${lines(0, 2)}`, `{\n${lines(2, 5)}`])
  })

  it('delivers what a truncated gzip holds and then refuses the rest', async () => {
    const text = Array.from({ length: 20_000 }, (_, n) => `${Math.sin(n)}\n`).join('')
    const packed = gzipSync(text)
    await writeFile(at('a.gz'), packed.subarray(0, packed.length / 2))
    const delivered = createDelivered()
    await deliver(once(), delivered)
    const [got] = texts(delivered)
    expect(text.startsWith(got ?? 'x')).toBe(true)
    expect(got?.length).toBeGreaterThan(text.length * 0.4)
    expect(delivered.unreadable).toEqual([{ stream: at('a.gz'), reason: 'truncated gzip' }])
  })

  it.each([
    [
      'something else behind its end',
      (packed: Buffer) => Buffer.concat([packed, Buffer.from('not gzip')]),
      1,
    ],
    ['a hole in its middle', (packed: Buffer) => Buffer.from(packed).fill(255, 100_000, 100_064), 0.4],
  ])('delivers what a gzip holds before its damage: %s', async (_name, damaged, share) => {
    const text = Array.from({ length: 20_000 }, (_, n) => `${Math.sin(n)}\n`).join('')
    await writeFile(at('a.gz'), damaged(gzipSync(text)))
    const delivered = createDelivered()
    await deliver(once(), delivered)
    const [got = ''] = texts(delivered)
    expect(got.slice(0, Math.floor(text.length * share))).toBe(text.slice(0, Math.floor(text.length * share)))
    expect(delivered.unreadable).toEqual([
      { stream: at('a.gz'), reason: expect.stringMatching(/^damaged gzip/) },
    ])
  })

  it('refuses named pipes and devices by kind, and survives loops of links', async () => {
    execFileSync('mkfifo', [at('pipe')])
    await symlink(folder, at('loop'))
    await writeFile(at('real'), 'x\n')
    await symlink(at('real'), at('again'))
    const delivered = createDelivered()
    await deliver(once([folder, '/dev/zero', '/proc/uptime']), delivered)
    expect(texts(delivered)).toEqual(['x\n'])
    expect(delivered.unreadable.toSorted((a, b) => a.stream.localeCompare(b.stream))).toEqual([
      { stream: '/dev/zero', reason: 'not a file but a device' },
      { stream: '/proc/uptime', reason: 'not a file but a view into the kernel' },
      { stream: at('pipe'), reason: 'not a file but a named pipe' },
    ])
  })

  it('tells a user that a path does not exist', async () => {
    await expect(deliver(once([at('none')]), createDelivered())).rejects.toMatchObject({
      name: 'UserError',
      file: at('none'),
      mend: 'name an existing file or folder',
    })
  })

  it.skipIf(process.getuid?.() !== 0)('tells that permission is denied, and reads the others', async () => {
    await mkdir(at('locked'))
    await writeFile(at('secret'), 's\n')
    await writeFile(at('open'), 'o\n')
    await Promise.all([chmod(at('secret'), 0), chmod(at('locked'), 0), chmod(folder, 0o755)])
    const delivered = createDelivered()
    process.seteuid?.('nobody')
    try {
      await deliver(once(), delivered)
    } finally {
      process.seteuid?.(0)
    }
    expect(texts(delivered)).toEqual(['o\n'])
    expect(delivered.unreadable).toEqual([
      { stream: at('locked'), reason: 'permission denied' },
      { stream: at('secret'), reason: 'permission denied' },
    ])
  })

  it('says that a file was begun anew where it is shorter than what was read', async () => {
    await writeFile(at('a'), lines(0, 5))
    const delivered = createDelivered()
    await deliver(once(), delivered)
    await writeFile(at('a'), lines(0, 2))
    await deliver(once(), delivered)
    expect(texts(delivered)).toEqual([lines(0, 5), lines(0, 2)])
    expect(delivered.findings).toMatchObject([{ kind: 'unobserved-interval', about: 'f' }])
  })
})

describe('following', () => {
  it('reads what is appended, also a line in two writes', async () => {
    await writeFile(at('a'), lines(0, 2))
    const delivered = createDelivered()
    setTimeout(() => void appendFile(at('a'), '{"n":2,"te'), 300)
    setTimeout(() => void appendFile(at('a'), 'xt":""}\n'), 800)
    await deliver(follow(), delivered, has(delivered, 3))
    expect(numbers(delivered)).toEqual(upTo(3))
  })

  it('loses and repeats nothing while another process appends and the file is rotated by rename', async () => {
    const script = `const fs=require('fs');let n=0;const t=setInterval(()=>{for(let i=0;i<50;i++,n++){
      if(n%700===699){try{fs.renameSync(${JSON.stringify(at('x.1'))},${JSON.stringify(at('x.2'))})}catch{};fs.renameSync(${JSON.stringify(at('x'))},${JSON.stringify(at('x.1'))})}
      fs.appendFileSync(${JSON.stringify(at('x'))},JSON.stringify({n,text:'t'})+'\\n')}
      if(n>=3000)clearInterval(t)},20)`
    await writeFile(at('x'), '')
    const writer = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
    const delivered = createDelivered()
    try {
      for (let count = 500; count <= 3000; count += 500)
        await deliver(follow([at('x')]), delivered, has(delivered, count))
    } finally {
      writer.kill()
    }
    expect(numbers(delivered)).toEqual(upTo(3000))
    expect(delivered.findings).toEqual([])
  })

  it('goes on in the copy after copy-truncate, and reads the emptied file anew', async () => {
    await writeFile(at('x'), lines(0, 10))
    const delivered = createDelivered()
    await deliver(follow([at('x')]), delivered, has(delivered, 10))
    await appendFile(at('x'), lines(10, 15))
    await copyFile(at('x'), at('x.1'))
    await truncate(at('x'))
    await appendFile(at('x'), lines(15, 40))
    await deliver(follow([at('x')]), delivered, has(delivered, 40))
    expect(numbers(delivered)).toEqual(upTo(40))
    expect(texts(delivered)).toEqual([lines(0, 15), lines(15, 40)])
    expect(delivered.findings).toEqual([])
  })

  it('goes on in what compression made of a rotated file', async () => {
    await writeFile(at('x'), lines(0, 10))
    const delivered = createDelivered()
    await deliver(follow(), delivered, has(delivered, 10))
    await writeFile(at('x.gz'), gzipSync(lines(0, 12)))
    await rm(at('x'))
    await writeFile(at('x'), lines(12, 20))
    await deliver(follow(), delivered, has(delivered, 20))
    expect(numbers(delivered)).toEqual(upTo(20))
  })

  it('says that a file was cut short, and reads on', async () => {
    await writeFile(at('x'), lines(0, 10))
    const delivered = createDelivered()
    let cut = false
    await deliver(follow(), delivered, () => {
      if (!cut && numbers(delivered).length === 10) {
        cut = true
        void writeFile(at('x'), lines(10, 12))
      }
      return delivered.findings.length > 0
    })
    expect(numbers(delivered)).toEqual(upTo(12))
    expect(delivered.findings).toMatchObject([
      { kind: 'unobserved-interval', message: expect.stringContaining('was cut short') },
    ])
  })

  it('says that a file was begun anew while it was not read', async () => {
    await writeFile(at('x'), `header\n${lines(0, 10)}`)
    const delivered = createDelivered()
    await deliver(follow(), delivered, has(delivered, 10))
    await writeFile(at('x'), `header\n${lines(10, 11)}`)
    await deliver(follow(), delivered, () => delivered.findings.length > 0)
    expect(numbers(delivered)).toEqual(upTo(11))
    expect(delivered.findings).toMatchObject([
      { kind: 'unobserved-interval', message: expect.stringContaining('begun anew') },
    ])
  })

  it('reads a packed file when its writer is done, and gives a truncated one up', async () => {
    const text = lines(0, 5_000)
    const packed = gzipSync(text)
    await writeFile(at('slow.gz'), packed.subarray(0, 9_000))
    await writeFile(at('broken.gz'), gzipSync(lines(5_000, 9_000)).subarray(0, -4))
    const delivered = createDelivered()
    setTimeout(() => void writeFile(at('slow.gz'), packed), 2_500)
    await deliver(follow(), delivered, () => delivered.unreadable.length > 0)
    expect(numbers(delivered)).toEqual(upTo(9_000))
    expect(delivered.unreadable).toEqual([{ stream: at('broken.gz'), reason: 'truncated gzip' }])
  })

  it('keeps files apart that go on differently after the same first line', async () => {
    await writeFile(at('a'), '#fields a b c\n')
    await writeFile(at('b'), '#fields a b c\n')
    const delivered = createDelivered()
    setTimeout(() => void appendFile(at('b'), lines(0, 2)), 400)
    setTimeout(() => void appendFile(at('a'), lines(2, 4)), 800)
    await deliver(follow(), delivered, has(delivered, 4))
    expect(texts(delivered).sort()).toEqual([
      `#fields a b c\n${lines(0, 2)}`,
      `#fields a b c\n${lines(2, 4)}`,
    ])
  })

  it('finds new files in new folders and waits for a first line', async () => {
    const delivered = createDelivered()
    setTimeout(() => void mkdir(at('new')).then(() => writeFile(at('new/x'), '{"n":0')), 100)
    setTimeout(() => void appendFile(at('new/x'), ',"a":1}\n'), 900)
    await deliver(follow(), delivered, has(delivered, 1))
    expect(delivered.batches.flatMap(({ chunks }) => chunks).length).toBe(1)
  })

  it('says once of each pause that a file stands still, and of a first line without an end', async () => {
    await writeFile(at('x'), lines(0, 2))
    await writeFile(at('y'), 'x')
    const delivered = createDelivered()
    const idle = (): Chunk[] =>
      delivered.batches.flatMap(({ chunks }) => chunks).filter((chunk) => chunk.idle === true)
    const [first, second] = [lines(0, 2).length, lines(0, 3).length]
    let appended = false
    await deliver(follow(), delivered, () => {
      if (!appended && idle().length === 1) {
        appended = true
        void appendFile(at('x'), lines(2, 3))
      }
      return idle().length === 2
    })
    expect(idle().map(({ path, offset }) => [path, offset])).toEqual([
      [at('x'), first],
      [at('x'), second],
    ])
    expect(delivered.unreadable).toEqual([{ stream: at('y'), reason: 'a first line that does not end' }])
    expect(numbers(delivered)).toEqual(upTo(3))
  })

  it.each(['own', 'shared'] as const)(
    'delivers every byte once through any order of rotations and restarts (%s first lines)',
    async (first) => {
      const step = constantFrom(
        'append',
        'append',
        'append',
        'part',
        'rename',
        'copy-truncate',
        'compress',
        'restart',
        'wait',
      )
      await assert(
        asyncProperty(array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
          const home = await mkdtemp(join(folder, 'run-'))
          const path = (number: number): string => join(home, number === 0 ? 'x' : `x.${number}`)
          let [n, rotated, part] = [0, 0, '']
          const header = async (): Promise<void> => {
            if (first === 'shared') await appendFile(path(0), '#fields a b c\n')
          }
          const append = async (count: number): Promise<void> => {
            await appendFile(path(0), lines(n, n + count).slice(part.length))
            part = ''
            n += count
          }
          await writeFile(path(0), '')
          await header()
          await append(2)
          const delivered = createDelivered()
          let target: () => boolean = never
          const start = (): { stop: () => Promise<void> } => {
            let stopped = false
            const run = deliver(follow([home]), delivered, () => stopped || target())
            return { stop: () => ((stopped = true), run) }
          }
          let run = start()
          for (const name of steps) {
            if (name === 'append') await append(3)
            if (name === 'part' && part === '') {
              part = lines(n, n + 1).slice(0, 6)
              await appendFile(path(0), part)
            }
            if (name === 'wait') await pause(400)
            if (name === 'restart') {
              await run.stop()
              await append(1)
              run = start()
            }
            if (name === 'rename' || name === 'copy-truncate') {
              if (part !== '') await append(1)
              rotated += 1
              if (name === 'rename') await rename(path(0), path(rotated))
              else {
                await copyFile(path(0), path(rotated))
                await truncate(path(0))
              }
              await header()
              await append(2)
            }
            if (name === 'compress' && rotated > 0)
              execFileSync('sh', ['-c', `test -e ${path(rotated)} && gzip ${path(rotated)} || true`])
          }
          if (part !== '') await append(1)
          target = has(delivered, n)
          await run.stop().catch(() => {})
          await deliver(follow([home]), delivered, has(delivered, n))
          await deliver(
            follow([home]),
            delivered,
            (() => {
              const until = Date.now() + 700
              return () => Date.now() > until
            })(),
          )
          expect(numbers(delivered)).toEqual(upTo(n))
        }),
        { numRuns: 8 },
      )
    },
    120_000,
  )
})
