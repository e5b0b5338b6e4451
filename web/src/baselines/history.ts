import type { WholeKey } from '../api/types.ts'

const HOUR = 3_600_000

type Learned = Pick<WholeKey['learned'], 'past' | 'recent'>
type Band = NonNullable<NonNullable<Learned['recent']>[number]['band']>
type Cell = number | null | undefined

/**
 * What a key of a spike had, hour by hour, as columns over the same times (s): null ends a line, undefined says that
 * the column has nothing to say there and goes on.
 */
export interface History {
  readonly times: readonly number[]
  /** What was usual, and between which it had to stay. */
  readonly median: readonly Cell[]
  readonly low: readonly Cell[]
  readonly high: readonly Cell[]
  /** The largest and the least of what an hour had. */
  readonly most: readonly Cell[]
  readonly least: readonly Cell[]
  /** Newest buckets; of several containers at one time the largest. */
  readonly bucket: readonly Cell[]
}

interface Row {
  band?: Band | null
  numbers?: readonly [least: number, most: number] | null
  bucket?: number
}

/** `timespan` is the length of a bucket, ms. */
export function historyOf({ past = [], recent = [] }: Learned, timespan: number): History {
  const rows = new Map<number, Row>()
  const at = (time: number): Row => {
    const row = rows.get(time) ?? {}
    rows.set(time, row)
    return row
  }
  let end = -Infinity
  for (const { time, values, band } of past) {
    if (time > end && end !== -Infinity) endLine(at(end))
    const row = at(time)
    row.numbers = [Math.min(...values), Math.max(...values)]
    row.band = band ?? null
    end = time + HOUR
  }
  const known = end
  if (end !== -Infinity) endLine(at(end))
  for (const { time, value, band } of recent) {
    const row = at(time)
    row.bucket = Math.max(value, row.bucket ?? -Infinity)
    const began = time - timespan
    // what was learned already says it
    if (band === undefined || began < known) continue
    if (began > end) endLine(at(end))
    at(began).band = band
    end = time
    const over = at(time)
    if (over.band === undefined) over.band = null
  }
  return columnsOf(rows)
}

function endLine(row: Row): void {
  if (row.band === undefined) row.band = null
  if (row.numbers === undefined) row.numbers = null
}

function columnsOf(rows: ReadonlyMap<number, Row>): History {
  const ordered = [...rows].sort(([a], [b]) => a - b)
  const band = (name: keyof Band): readonly Cell[] =>
    ordered.map(([, row]) => (row.band === null ? null : row.band?.[name]))
  const number = (place: 0 | 1): readonly Cell[] =>
    ordered.map(([, row]) => (row.numbers === null ? null : row.numbers?.[place]))
  return {
    times: ordered.map(([time]) => time / 1_000),
    median: band('median'),
    low: band('low'),
    high: band('high'),
    least: number(0),
    most: number(1),
    bucket: ordered.map(([, row]) => row.bucket),
  }
}

/** The newest that a column has to say at a place: a line goes on until it ends. */
export function cellAt(column: readonly Cell[], place: number): number | undefined {
  for (let at = place; at >= 0; at -= 1) {
    const cell = column[at]
    if (cell !== undefined) return cell ?? undefined
  }
  return undefined
}

/** Between which numbers a picture of it stands: all that was there, and of the band what is not far beyond. */
export function reachOf(history: History, more: readonly number[]): readonly [low: number, high: number] {
  const numbers = (...columns: readonly (readonly Cell[])[]): number[] =>
    columns.flatMap((column) => column.flatMap((cell) => cell ?? []))
  const seen = [...numbers(history.least, history.most, history.bucket, history.median), ...more]
  const most = seen.reduce((a, b) => Math.max(a, b), 0)
  const least = seen.reduce((a, b) => Math.min(a, b), 0)
  const high = numbers(history.high).reduce((a, b) => Math.max(a, b), 0)
  const top = Math.max(most, Math.min(high, 2 * most)) || Math.max(high, 1)
  return [least, top * 1.06]
}
