import { bucketOf } from './bucket.ts'
import { ENTITIES, mergeSlot, type Cell } from './cell.ts'
import type { Run } from './spike-run.ts'
import type { Series, SpikeState } from './spike-state.ts'

/** Whose observations are looked at apart within one key, at most. */
const SERIES = 1_000
/** What is silent is looked at for so long, where less than usual is looked for, ms. */
const WATCHED = 86_400_000

/** Adds a tick to the buckets that are open. What is late for its bucket is not looked at. */
export function observe(state: SpikeState, tick: number, cell: Cell, run: Run): void {
  const { open, progress } = state
  for (const [key, slot] of cell.slots) {
    const [bucket, name] = bucketOf(key)
    progress.last = Math.max(progress.last, slot.last)
    if (bucket + run.test.timespan <= tick) continue
    const known = open.slots.get(key)
    if (known === undefined) open.slots.set(key, { ...slot })
    else mergeSlot(known, slot)
    if (!state.series.has(name)) startSeries(state, name, bucket, run)
  }
  if (cell.more > 0) run.isBounded = true
  for (const entity of cell.entities) if (!open.entities.includes(entity)) open.entities.push(entity)
  open.entities = open.entities.sort().slice(0, ENTITIES)
}

function startSeries({ series }: SpikeState, name: string, bucket: number, run: Run): void {
  series.set(name, { closed: bucket, last: bucket, counted: undefined, streak: 0, body: undefined })
  if (series.size <= SERIES) return
  run.isBounded = true
  let stalest: [string, Series] | undefined
  for (const each of series)
    if (each[0] !== name && (stalest === undefined || each[1].last < stalest[1].last)) stalest = each
  if (stalest !== undefined) series.delete(stalest[0])
}

/** When a bucket is over, and whose it is. */
export interface End {
  readonly end: number
  readonly name: string
  /** Undefined for a bucket without an observation. */
  readonly key: string | undefined
}

/** The bucket that is over next. */
export function nextEnd(
  { open, series }: SpikeState,
  timespan: number,
  looksAtSilence: boolean,
): End | undefined {
  let next: End | undefined
  const consider = (end: number, name: string, key: string | undefined): void => {
    const isSooner =
      next === undefined ||
      end < next.end ||
      (end === next.end && (name < next.name || (name === next.name && key !== undefined)))
    if (isSooner) next = { end, name, key }
  }
  for (const key of open.slots.keys()) {
    const [bucket, name] = bucketOf(key)
    consider(bucket + timespan, name, key)
  }
  if (looksAtSilence)
    for (const [name, { closed, last }] of series)
      if (closed < last + WATCHED) consider(closed + timespan, name, undefined)
  return next
}

/** All that are over by then, in the order in which they are. */
export function endsUntil({ open }: SpikeState, timespan: number, until: number): readonly End[] {
  const due: End[] = []
  for (const key of open.slots.keys()) {
    const [bucket, name] = bucketOf(key)
    if (bucket + timespan <= until) due.push({ end: bucket + timespan, name, key })
  }
  return due.sort((a, b) => a.end - b.end || (a.name < b.name ? -1 : 1))
}
