import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chained, type Entry } from '../domain/chained.ts'
import { openSpool } from './sqlite-spool.ts'
import type { Kept, Spool } from './spool.ts'

const MIB = 1024 * 1024

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-spool-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(
  parts: { readonly file?: string; readonly bound?: number; readonly keepFree?: number } = {},
): Spool {
  return openSpool({ file: join(folder, 'spool.db'), bound: 64 * MIB, keepFree: 0, ...parts })
}

function kept(number: number, bytes = 10): Kept {
  return {
    input: 'audit',
    entries: [entry(number, bytes)],
    checkpoint: { at: number },
    offsets: new Map([['file:a', number * bytes]]),
    at: number,
  }
}

function entry(number: number, bytes = 10): Entry {
  return { head: `{"n":${number}}`, body: Buffer.alloc(bytes, number) }
}

const heads = (spool: Spool): readonly string[] => spool.next(64 * MIB, 1_000).entries.map(({ head }) => head)

describe('a spool', () => {
  it('hands out what it keeps in its order, until that is acknowledged, over restarts', () => {
    const first = open()
    for (const number of [1, 2, 3]) expect(first.append(kept(number))).toBe('kept')
    expect(heads(first)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}'])
    first.acknowledge(2)
    expect(heads(first)).toEqual(['{"n":3}'])
    first.close()

    const again = open()
    expect(heads(again)).toEqual(['{"n":3}'])
    expect(again.state()).toMatchObject({ acknowledged: 2, last: 3, oldest: 3 })
    expect(again.resume('audit').checkpoint).toEqual({ at: 3 })
    expect(again.resume('audit').offset('file:a')).toBe(30)
    expect(again.resume('audit').offset('file:b')).toBeUndefined()
    again.acknowledge(3)
    expect(again.append(kept(4))).toBe('kept')
    expect(again.next(MIB, 10).before.number).toBe(3)
    again.close()
  })

  it('knows each place by all that came before it', () => {
    const spool = open()
    for (const number of [1, 2]) spool.append(kept(number))
    const first = chained('', entry(1))
    expect(spool.digest(1)).toBe(first)
    expect(spool.digest(2)).toBe(chained(first, entry(2)))
    spool.acknowledge(1)
    expect(spool.next(MIB, 10).before).toEqual({ number: 1, digest: first })
    expect(spool.digest(1)).toBe(first)
    const { id } = spool.state()
    spool.renew()
    expect(spool.state().id).not.toBe(id)
    spool.close()
  })

  it('hands out one entry at least, and no more than is asked for', () => {
    const spool = open()
    for (const number of [1, 2, 3]) spool.append(kept(number, 1_000))
    expect(spool.next(1, 10).entries).toHaveLength(1)
    expect(spool.next(2_500, 10).entries).toHaveLength(2)
    expect(spool.next(MIB, 2).entries).toHaveLength(2)
    spool.close()
  })

  it('refuses what goes beyond its bound, whole, and takes it when there is room', () => {
    const spool = open({ bound: 2_500 })
    expect(spool.append(kept(1, 1_000))).toBe('kept')
    expect(spool.append(kept(2, 1_000))).toBe('kept')
    expect(spool.append(kept(3, 1_000))).toBe('full')
    expect(spool.resume('audit').checkpoint).toEqual({ at: 2 })
    expect(spool.state().last).toBe(2)
    // what only moves a checkpoint needs no room
    expect(spool.append({ ...kept(2), entries: [] })).toBe('kept')
    spool.acknowledge(1)
    expect(spool.append(kept(3, 1_000))).toBe('kept')
    expect(heads(spool)).toEqual(['{"n":2}', '{"n":3}'])
    // a single one that is larger than all of it goes through when nothing else waits
    spool.acknowledge(3)
    expect(spool.append(kept(4, 10_000))).toBe('kept')
    spool.close()
  })

  it('leaves room on the disk to others', () => {
    const spool = open({ keepFree: Number.MAX_SAFE_INTEGER })
    expect(spool.append(kept(1))).toBe('full')
    spool.close()
  })

  it('gives its disk back when what it kept is gone', () => {
    const spool = open({ bound: 128 * MIB })
    const size = (): number => readFileSync(join(folder, 'spool.db')).length
    for (let number = 1; number <= 12; number += 1) spool.append(kept(number, 4 * MIB))
    const full = size()
    for (let number = 1; number <= 12; number += 1) spool.acknowledge(number)
    expect(full).toBeGreaterThan(40 * MIB)
    expect(size()).toBeLessThan(full / 2)
    spool.close()
  })

  it('holds all that was kept before a write that was torn, wherever it was torn', () => {
    const spool = open()
    spool.append(kept(1))
    const [file, log] = [join(folder, 'spool.db'), join(folder, 'spool.db-wal')]
    const before = readFileSync(log).length
    spool.append(kept(2))
    const whole = readFileSync(log)
    const copy = join(folder, 'torn.db')
    copyFileSync(file, join(folder, 'kept.db'))
    spool.close()
    const outcomes = new Set<number>()
    // every byte would be 16,000 starts: each edge of a frame (4,120 bytes), and a prime's multiples in between
    const cuts = new Set([whole.length, whole.length - 1])
    for (let at = before; at < whole.length; at += 397) cuts.add(at)
    for (let edge = before; edge < whole.length; edge += 4_120)
      for (const near of [-1, 0, 1, 24]) if (edge + near >= before) cuts.add(edge + near)
    for (const at of cuts) {
      copyFileSync(join(folder, 'kept.db'), copy)
      writeFileSync(`${copy}-wal`, whole.subarray(0, at))
      const torn = open({ file: copy })
      const { last } = torn.state()
      expect(torn.resume('audit').checkpoint, `torn at ${at}`).toEqual({ at: last })
      expect(torn.resume('audit').offset('file:a')).toBe(last * 10)
      expect(heads(torn)).toEqual(['{"n":1}', '{"n":2}'].slice(0, last))
      outcomes.add(last)
      torn.close()
      for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true })
    }
    expect(outcomes).toEqual(new Set([1, 2]))
  })

  it('says what is wrong with a file that is none', () => {
    writeFileSync(join(folder, 'spool.db'), 'not a database, '.repeat(1_000))
    expect(() => open()).toThrow(/cannot use the spool/)
  })
})
