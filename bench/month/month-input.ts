import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Input, InputBatch } from '../../src/inputs/input.ts'
import type { MonthLine } from './simulation.ts'

/** Lines that are handed on at once. */
const A_BATCH = 4_000

/** An input of lines that come in the order of time, and the time that has come. */
export interface MonthInput extends Input {
  /** ms since the epoch. */
  readonly now: () => number
}

/** Hands on lines as they are made: it is always caught up, and its clock is theirs. */
export function monthInput(start: number, lines: Iterable<MonthLine>): MonthInput {
  let now = start
  const offsets = new Map<string, number>()
  return {
    name: 'month',
    now: () => now,
    reach: () => ({ kind: 'caught-up', until: now }),
    async *read(_resume, signal) {
      let batch: MonthLine[] = []
      for (const line of lines) {
        batch.push(line)
        if (batch.length < A_BATCH) continue
        now = line.time
        yield batchOf(batch, offsets)
        batch = []
        await nextTurn()
        if (signal.aborted) return
      }
      now = batch.at(-1)?.time ?? now
      yield batchOf(batch, offsets)
    },
  }
}

/** One chunk a stream: what is in them is set in order by the times of its records. */
function batchOf(lines: readonly MonthLine[], offsets: Map<string, number>): InputBatch {
  const texts = new Map<string, string[]>()
  for (const { stream, text } of lines) {
    const known = texts.get(stream)
    if (known === undefined) texts.set(stream, [text])
    else known.push(text)
  }
  const chunks = [...texts].map(([stream, each]) => {
    const bytes = Buffer.from(`${each.join('\n')}\n`)
    const offset = offsets.get(stream) ?? 0
    offsets.set(stream, offset + bytes.length)
    return { stream, path: stream, offset, bytes }
  })
  return { chunks, findings: [], unreadable: [] }
}
