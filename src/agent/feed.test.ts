import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEntry } from '../inputs/agent-entry.ts'
import type { Input, InputBatch } from '../inputs/input.ts'
import { openSpool } from '../store/sqlite-spool.ts'
import type { Spool } from '../store/spool.ts'
import { feed } from './feed.ts'
import { createSignals, type Signals } from './signals.ts'

let folder = ''
let spool: Spool
let room: Signals
let held: boolean[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-feed-'))
  spool = openSpool({ file: join(folder, 'spool.db'), bound: 6_500, keepFree: 0 })
  room = createSignals()
  held = []
})
afterEach(() => {
  spool.close()
  rmSync(folder, { recursive: true, force: true })
})

const SIZE = 1_500

/** Hands on so many batches, and goes on where it is told. */
function inputOf(count: number, read: (from: number) => void, committed: (n: number) => void): Input {
  return {
    name: 'logs',
    async *read(resume) {
      const from = (resume.offset('s') ?? 0) / SIZE
      read(from)
      for (let n = from; n < count; n += 1) {
        const batch: InputBatch = {
          chunks: [{ stream: 's', offset: n * SIZE, bytes: Buffer.alloc(SIZE, 97 + n) }],
          findings: [],
          unreadable: [],
          checkpoint: { n },
          committed: () => committed(n),
        }
        yield await Promise.resolve(batch)
      }
    },
  }
}

async function fed(isReadAgain: boolean): Promise<{ reads: number[]; committed: number[]; kept: string }> {
  const [reads, committed] = [[] as number[], [] as number[]]
  const input = inputOf(
    6,
    (from) => reads.push(from),
    (n) => committed.push(n),
  )
  const parts = {
    spool,
    now: Date.now,
    kept: () => {},
    holding: (_: string, isHeld: boolean) => held.push(isHeld),
    room: room.next.bind(undefined, 60_000),
    tend: (): never => {
      throw new Error('it did not fail')
    },
  }
  let bytes = ''
  const findings: string[] = []
  const take = (): void => {
    const { before, entries } = spool.next(1e9, 1_000)
    for (const entry of entries) {
      const { chunks = [], head } = readEntry(entry) ?? {}
      bytes += chunks.map((chunk) => Buffer.from(chunk.bytes).toString()).join('')
      findings.push(...(head?.findings ?? []).map(({ message }) => message))
    }
    spool.acknowledge(before.number + entries.length)
    room.give()
  }
  const over = new AbortController()
  const feeding = feed(
    { about: { name: 'logs', type: 'file' }, input, isReadAgain },
    parts,
    new AbortController().signal,
  ).finally(() => over.abort())
  while (!over.signal.aborted) {
    await sleep(5)
    if (held.at(-1) === true) take()
  }
  await feeding
  take()
  expect(findings.filter((message) => message.includes('no room')).length).toBe(held.length / 2)
  return { reads, committed, kept: [...new Set(bytes)].join('') + String(bytes.length / SIZE) }
}

describe('an input whose agent has no room', () => {
  it('is held back, and goes on where it was', async () => {
    expect(await fed(false)).toEqual({ reads: [0], committed: [0, 1, 2, 3, 4, 5], kept: 'abcdef6' })
    expect(held).toEqual([true, false])
  })

  it('is let go of and read again where it drops what nobody listens for', async () => {
    expect(await fed(true)).toEqual({ reads: [0, 3], committed: [0, 1, 2, 3, 4, 5], kept: 'abcdef6' })
    expect(held).toEqual([true, false])
  })
})
