import { generateKeyPairSync } from 'node:crypto'
import {
  mkdtempSync,
  readdirSync,
  readlinkSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  statSync,
  appendFileSync,
  renameSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentOf } from './content.ts'
import { openWithin } from './open-within.ts'
import { createSampler, SAMPLED, type Sampler, type Written } from './sampler.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-sampler-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
function written(name: string, more: Partial<Written> = {}): Written {
  const inode = BigInt(statSync(at(name), { throwIfNoEntry: false })?.ino ?? 1)
  const body = {
    kind: 'write',
    path: at(name),
    result: 3,
    flags: ['O_WRONLY'],
    container: 'c',
    process: { pid: 7 },
  }
  return { time: '2026-11-21T10:00:00Z', body, pids: [process.pid], inode, key: name, ...more }
}

/** All that is told until nothing more comes. */
async function all(sampler: Sampler, enough: (lines: number, missed: number) => boolean) {
  const lines = []
  const missed: Record<string, number> = {}
  for (let turn = 0; turn < 500; turn += 1) {
    const told = sampler.told()
    lines.push(...told.lines)
    for (const [reason, count] of Object.entries(told.missed)) missed[reason] = (missed[reason] ?? 0) + count
    if (
      enough(
        lines.length,
        Object.values(missed).reduce((sum, count) => sum + count, 0),
      )
    )
      break
    await sleep(10)
  }
  return { lines: lines.map(({ body }) => body), missed }
}
const sampler = (more: Partial<Parameters<typeof createSampler>[0]> = {}): Sampler =>
  createSampler({ now: () => 0, moved: () => undefined, ...more })

describe('what is looked into', () => {
  it('is told with who wrote it, and not how it was opened', async () => {
    writeFileSync(at('a'), 'Salted__0123456789')
    const one = sampler()
    one.take([written('a')])
    const { lines } = await all(one, (count) => count > 0)
    expect(lines).toEqual([
      {
        kind: 'close',
        syscall: 'close',
        path: at('a'),
        container: 'c',
        process: { pid: 7 },
        size: 18,
        sampled: 18,
        magic: 'openssl',
        sha256: contentOf(Buffer.from('Salted__0123456789'), true).sha256,
      },
    ])
  })

  it('is the beginning of what is large, without a hash', async () => {
    writeFileSync(at('a'), Buffer.alloc(SAMPLED + 1, 'ab'))
    const one = sampler()
    one.take([written('a')])
    const { lines } = await all(one, (count) => count > 0)
    expect(lines).toMatchObject([{ size: SAMPLED + 1, sampled: SAMPLED, entropy: 1, magic: 'text' }])
    expect(lines[0]).not.toHaveProperty('sha256')
  })

  it('is told again at the end of its process where it changed since, and not where it did not', async () => {
    writeFileSync(at('a'), 'first')
    writeFileSync(at('b'), 'same')
    writeFileSync(at('c'), '')
    const one = sampler()
    one.take([written('a'), written('b'), written('c')])
    const before = await all(one, (count) => count >= 2)
    expect(before.lines.map(({ size }) => Number(size)).toSorted((a, b) => a - b)).toEqual([4, 5])
    await sleep(50)
    appendFileSync(at('a'), ' and last')
    appendFileSync(at('c'), 'at the end')
    one.take(['a', 'b', 'c'].map((name) => written(name, { isLast: true })))
    const after = await all(one, (count) => count >= 2)
    expect(after.lines.map(({ size }) => Number(size)).toSorted((a, b) => a - b)).toEqual([10, 14])
    await sleep(50)
    expect(one.told()).toEqual({ lines: [], missed: {} })
  })

  it('is told once where its closing and the end of its process are looked at side by side', async () => {
    writeFileSync(at('a'), 'text')
    const one = sampler()
    one.take([written('a'), written('a', { isLast: true })])
    await all(one, (count) => count > 0).then(({ lines }) => expect(lines).toHaveLength(1))
    await sleep(50)
    expect(one.told()).toEqual({ lines: [], missed: {} })
  })

  it('is found under the name that it got meanwhile', async () => {
    writeFileSync(at('a'), 'text')
    const file = written('a')
    renameSync(at('a'), at('b'))
    const one = sampler({
      moved: (container, path) => (container === 'c' && path === at('a') ? at('b') : undefined),
    })
    one.take([file])
    expect((await all(one, (count) => count > 0)).lines).toMatchObject([{ path: at('b'), size: 4 }])
  })

  it('is the file that was written, or counted as gone', async () => {
    writeFileSync(at('a'), 'another by now')
    const one = sampler()
    one.take([written('a', { inode: 1n }), written('none')])
    const { lines, missed } = await all(one, (_lines, count) => count >= 2)
    expect(lines).toEqual([])
    expect(missed).toEqual({ 'they were gone, or others, by then': 2 })
  })

  it('is bounded: what is too much is counted', async () => {
    writeFileSync(at('a'), 'x')
    let opened = 0
    const one = sampler({
      open: (pid, path) => {
        opened += 1
        return openWithin(pid, path)
      },
    })
    one.take(Array.from({ length: 1_000 }, (_, n) => written('a', { key: `${n}` })))
    const { lines, missed } = await all(one, (count) => count >= 40)
    expect(lines).toHaveLength(40)
    expect(missed).toEqual({ 'more files were written than are looked into': 800 })
    await sleep(30)
    one.told()
    expect(opened).toBe(40)
  })

  it('never waits for a file system that does not answer, nor asks it again and again', async () => {
    writeFileSync(at('a'), 'x')
    let asked = 0
    const one = sampler({
      open: () => {
        asked += 1
        return new Promise(() => {})
      },
    })
    one.take(Array.from({ length: 50 }, () => written('a')))
    await sleep(50)
    one.told()
    expect(asked).toBe(2)
  })
})

describe('a file opened within a process’s root', () => {
  const text = async (path: string): Promise<string> => {
    const handle = await openWithin(process.pid, path)
    try {
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  }

  it('is reached over links, which are followed from that root', async () => {
    mkdirSync(at('deep/er'), { recursive: true })
    writeFileSync(at('deep/er/a'), 'found')
    symlinkSync('deep', at('relative'))
    symlinkSync(at('deep/er'), at('absolute'))
    symlinkSync('../../../../../../../../../..' + at('deep/er/a'), at('climbing'))
    // as it is written: what `join` would take away is part of it
    for (const path of ['deep/er/a', 'relative/er/a', 'absolute/a', 'absolute/../er/./a', 'climbing'])
      expect(await text(`${folder}/${path}`)).toBe('found')
  })

  it('is a regular one: nothing waits for a pipe, no device is read, no circle is followed', async () => {
    spawnSync('mkfifo', [at('pipe')])
    symlinkSync('circle', at('circle'))
    for (const path of [at('pipe'), '/dev/zero', folder, at('circle'), at('none'), '/'])
      await expect(openWithin(process.pid, path)).rejects.toThrow()
  })

  it('leaves no handle open', async () => {
    writeFileSync(at('a'), 'x')
    // those of this test: others may end later than their tests
    const handles = (): readonly string[] =>
      readdirSync('/proc/self/fd').flatMap((fd) => {
        const target = linkOf(`/proc/self/fd/${fd}`)
        return target?.startsWith(folder) === true ? [target] : []
      })
    const held = await open(at('a'))
    expect(handles()).toEqual([at('a')])
    await held.close()
    for (let turn = 0; turn < 20; turn += 1) {
      await text(at('a'))
      await openWithin(process.pid, at('none')).catch(() => undefined)
      await openWithin(process.pid, folder).catch(() => undefined)
    }
    expect(handles()).toEqual([])
  })
})

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function der(kind: 'rsa' | 'ec' | 'ed25519', type: 'pkcs8' | 'sec1'): Buffer {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return pair.privateKey.export({ format: 'der', type })
}

it.each<[string, Uint8Array | string, string]>([
  ['gzip', Buffer.from([0x1f, 0x8b, 8]), 'gzip'],
  ['a tar archive', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')]), 'tar'],
  ['a key', '-----BEGIN PRIVATE KEY-----', 'pem-key'],
  ['a key of the older form', '-----BEGIN EC PRIVATE KEY-----', 'pem-key'],
  ['a certificate', '-----BEGIN CERTIFICATE-----', 'pem-certificate'],
  ['a request for one', '-----BEGIN CERTIFICATE REQUEST-----', 'pem'],
  ['an RSA key as DER', der('rsa', 'pkcs8'), 'der'],
  ['an elliptic key as DER', der('ec', 'sec1'), 'der'],
  ['an Ed25519 key as DER', der('ed25519', 'pkcs8'), 'der'],
  ['a key with something behind it', Buffer.concat([der('ec', 'sec1'), Buffer.from([0])]), 'data'],
  ['a sequence of something else', Buffer.from([0x30, 0x22, 4, 0x20, ...Buffer.alloc(32)]), 'data'],
  ['a message', '-----BEGIN PGP MESSAGE-----', 'pgp'],
  ['a program', '\u007fELF', 'elf'],
  ['text', 'naïve\n\t', 'text'],
  ['nothing', '', 'empty'],
  ['what is neither', Buffer.from([1, 2, 3]), 'data'],
])('%s is told by its first bytes', (_name, bytes, magic) => {
  expect(contentOf(Buffer.from(bytes as string), true).magic).toBe(magic)
})

it('tells orderly from random, and nothing of a few bytes', () => {
  const every = Buffer.from(Array.from({ length: 4_096 }, (_, n) => n % 256))
  expect(contentOf(every, true).entropy).toBe(8)
  expect(contentOf(Buffer.alloc(1_000), true).entropy).toBe(0)
  expect(contentOf(Buffer.from('ab'.repeat(50)), true).entropy).toBe(1)
  expect(contentOf(Buffer.from('short'), true)).not.toHaveProperty('entropy')
})
