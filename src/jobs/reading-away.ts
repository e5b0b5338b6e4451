import { commitBatch, type BatchResult, type CommitParts } from '../loop/commit-batch.ts'
import { createDeciding, type Decided, type Memory } from '../loop/decide.ts'
import type { Match } from '../domain/match.ts'
import type { Judge } from '../engine/judge.ts'
import type { InputBatch } from '../inputs/input.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import type { Joined } from '../inventory/inventory.ts'
import type { Tally } from '../loop/tally.ts'
import type { Found, ReadBatch } from './messages.ts'
import type { OpenStreams, Pieces } from './open-streams.ts'
import { needsInventory } from './pack-chunk.ts'
import { unpackChunk } from './unpack-chunk.ts'
import type { BatchAway, Workers } from './workers.ts'

/**
 * Batches that workers read and evaluate, decided and committed here, one after the other in the order in which they
 * were taken: whatever depends on the order (identities, the inventory, alerts) is here alone.
 */
export interface ReadingAway {
  /** Waits until there is room for another batch. Throws what went wrong with an earlier one. */
  take(input: string, batch: InputBatch, streams: OpenStreams): Promise<void>
  /** Once all that was taken is committed. */
  drained(): Promise<void>
  /** Nothing more is committed. */
  abandon(): void
}

export interface ReadingAwayParts extends Omit<CommitParts, 'judge'> {
  readonly workers: Workers
  readonly memory: Memory
  readonly detection: () => { readonly ruleset: Ruleset; readonly judge: Judge }
  /** Told after each commit. */
  readonly committed: (batch: InputBatch, result: BatchResult) => void
  /** Told what went wrong: nothing more is committed. */
  readonly failed: (cause: unknown) => void
}

/** Batches that are read and not committed, for each worker: enough that none waits for the writer. */
const AHEAD = 4

export function createReadingAway(parts: ReadingAwayParts): ReadingAway {
  const { workers, memory, now } = parts
  let [numbers, underway] = [0, 0]
  let failure: { readonly cause: unknown } | undefined
  let progress = Promise.withResolvers<void>()
  let decidedBefore: Promise<unknown> = Promise.resolve()
  let committedBefore: Promise<unknown> = Promise.resolve()

  const wake = (): void => {
    progress.resolve()
    progress = Promise.withResolvers()
  }
  const until = async (isSo: () => boolean): Promise<void> => {
    if (failure !== undefined) throw failure.cause
    if (isSo()) return
    await progress.promise
    await until(isSo)
  }

  return {
    async take(input, batch, streams) {
      await until(() => underway < workers.size * AHEAD)
      const pieces = await streams.take(batch.chunks)
      const number = (numbers += 1)
      const away = workers.read({ number, now: now(), pieces: pieces.pieces }, pieces.bytes)
      underway += 1
      const read = settled(away, pieces)
      const decided = inOrder(decidedBefore, async () =>
        decide(input, batch, await read, away, { memory, now }),
      )
      const committed = inOrder(committedBefore, async () => {
        const { tally, decided: what, checkpoints, kept, asked } = await decided
        const { ruleset, judge } = parts.detection()
        const found = inEventOrder([...kept, ...(await asked)])
        const matches = [...found, ...what.made.flatMap((event) => ruleset.match(event))]
        if (failure !== undefined) return
        const evaluated = { input, batch, tally, decided: what, matches, streams: checkpoints, bodies: [] }
        parts.committed(batch, commitBatch(evaluated, { ...parts, judge }))
        underway -= 1
        wake()
      })
      decidedBefore = decided
      committedBefore = committed
      for (const step of [read, decided]) step.catch(() => {})
      committed.catch((cause: unknown) => {
        if (failure !== undefined) return
        failure = { cause }
        parts.failed(cause)
        wake()
      })
    },
    drained: async () => until(() => underway === 0),
    abandon() {
      failure ??= { cause: undefined }
    },
  }
}

async function inOrder<T>(before: Promise<unknown>, step: () => Promise<T>): Promise<T> {
  await before
  return step()
}

/** The batch as it is to be read: again from elsewhere where its beginning was guessed wrongly. */
async function settled(away: BatchAway, pieces: Pieces): Promise<ReadBatch> {
  let read = await away.read
  for (;;) {
    const correction = await pieces.settle(read)
    if (correction === undefined) return read
    read = await away.again(correction)
  }
}

interface DecidedBatch {
  readonly tally: Tally
  readonly decided: Decided
  readonly checkpoints: readonly {
    readonly stream: string
    readonly offset: number
    readonly state: unknown
  }[]
  /** Of events that were evaluated when they were read. */
  readonly kept: readonly Found[]
  /** Of events that waited for what is known of their containers. */
  readonly asked: Promise<readonly Found[]>
}

async function decide(
  input: string,
  batch: InputBatch,
  { chunks, found, reached }: ReadBatch,
  away: BatchAway,
  { memory, now }: { readonly memory: Memory; readonly now: () => number },
): Promise<DecidedBatch> {
  const deciding = createDeciding(input, batch, memory, { now, arrival: undefined })
  const foundOf = new Map(found.map((one) => [one.event, one]))
  const kept: Found[] = []
  const events: number[] = []
  const known: Joined[] = []
  let first = 0
  for (const chunk of chunks) {
    const { meant, events: count } = unpackChunk(chunk, first)
    deciding.take(chunk, meant, (event, joined) => {
      const one = foundOf.get(event.number)
      if (one !== undefined) kept.push(one)
      if (!needsInventory(event)) return
      events.push(event.number)
      known.push(joined)
    })
    first += count
  }
  const asked = events.length === 0 ? Promise.resolve([]) : away.match(events, known)
  asked.catch(() => {})
  if (events.length === 0) away.drop()
  return {
    tally: deciding.tally,
    decided: deciding.decided(),
    checkpoints: reached.map(({ stream, offset, state }) => ({ stream, offset, state })),
    kept,
    asked,
  }
}

function inEventOrder(found: readonly Found[]): readonly Match[] {
  return found.toSorted((a, b) => a.event - b.event).flatMap(({ matches }) => matches)
}
