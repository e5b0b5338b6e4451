import type { CoverageRow, Fill, Span } from '../domain/coverage.ts'

/** What one batch brought of a row: deltas. */
export interface CoverageCounts {
  events: number
  attributed: number
  joined: number
  pods: boolean
  /** Of the events' times, ms; `Infinity` and `-Infinity` where there was none. */
  first: number
  last: number
  lost: number
  interval: number | undefined
  sampled: number
  truncated: number
  /** In how many of the sampled events a field had a value. */
  readonly filled: Map<string, number>
}

export function noCounts(): CoverageCounts {
  return {
    events: 0,
    attributed: 0,
    joined: 0,
    pods: false,
    first: Infinity,
    last: -Infinity,
    lost: 0,
    interval: undefined,
    sampled: 0,
    truncated: 0,
    filled: new Map(),
  }
}

/** Length of a span, ms: what is judged is what came in this one and the one before. */
export const SPAN = 300_000
/** Beyond so many samples, what is older counts half. */
const SAMPLES = 256
/** Of one row. */
export const FIELDS = 48

type Identity = Pick<CoverageRow, 'key' | 'input' | 'source' | 'node' | 'cluster' | 'kinds'>

/** The row with what a batch brought, which arrived at `at` (ms). Pure. */
export function foldCoverage(
  of: Identity,
  before: CoverageRow | undefined,
  counts: CoverageCounts,
  at: number,
): CoverageRow {
  const { events, attributed, joined, pods, lost } = counts
  const dated = counts.last >= counts.first
  const [first, last] = dated ? [counts.first, counts.last] : [at, at]
  const interval = counts.interval ?? before?.interval
  const heard = events > 0
  return {
    ...of,
    events: (before?.events ?? 0) + events,
    attributed: (before?.attributed ?? 0) + attributed,
    // rows of earlier versions did not count it
    joined: (before?.joined ?? before?.attributed ?? 0) + joined,
    pods: pods || before?.pods === true,
    first: before === undefined ? first : heard ? Math.min(before.first, first) : before.first,
    last: before === undefined ? last : heard ? Math.max(before.last, last) : before.last,
    firstArrival: before?.firstArrival ?? at,
    lastArrival: heard ? Math.max(before?.lastArrival ?? at, at) : (before?.lastArrival ?? at),
    lost: (before?.lost ?? 0) + lost,
    ...(interval !== undefined && { interval }),
    fill: foldFill(before?.fill, counts),
    recent: foldSpans(before?.recent, counts, heard && dated ? last : undefined, at),
  }
}

/** The spans as they are at a time: what is older than two of them is nothing. */
export function spansAt(recent: readonly [Span, Span], at: number): readonly [Span, Span] {
  const [current, previous] = recent
  if (at < current.since + SPAN) return [current, previous]
  if (at < current.since + 2 * SPAN) return [emptySpan(current.since + SPAN), current]
  return [emptySpan(at), emptySpan(at - SPAN)]
}

/** Events and losses of the recent spans, per second of them. */
export function recentOf(
  { recent, firstArrival }: Pick<CoverageRow, 'recent' | 'firstArrival'>,
  at: number,
): {
  readonly events: number
  readonly lost: number
  readonly delay: number
  readonly ahead: number
  readonly seconds: number
} {
  const [current, previous] = spansAt(recent, at)
  const began = Math.max(firstArrival, previous.since)
  return {
    events: current.events + previous.events,
    lost: current.lost + previous.lost,
    delay: Math.max(current.delay, previous.delay),
    ahead: Math.max(current.ahead, previous.ahead),
    seconds: Math.max(1, (at - began) / 1_000),
  }
}

function emptySpan(since: number): Span {
  return { since, events: 0, lost: 0, delay: 0, ahead: 0 }
}

function foldSpans(
  before: readonly [Span, Span] | undefined,
  { events, lost }: CoverageCounts,
  newest: number | undefined,
  at: number,
): readonly [Span, Span] {
  const [current, previous] =
    before === undefined ? [emptySpan(at), emptySpan(at - SPAN)] : spansAt(before, at)
  const [delay, ahead] = newest === undefined ? [0, 0] : [at - newest, newest - at]
  return [
    {
      since: current.since,
      events: current.events + events,
      lost: current.lost + lost,
      delay: Math.max(current.delay, delay),
      ahead: Math.max(current.ahead, ahead),
    },
    previous,
  ]
}

const NOTHING: Fill = { sampled: 0, filled: {}, truncated: 0 }

function foldFill(before: Fill = NOTHING, { sampled, filled, truncated }: CoverageCounts): Fill {
  if (sampled === 0) return before
  const half = before.sampled + sampled > SAMPLES ? 0.5 : 1
  const names = [...filled.keys()].slice(0, FIELDS)
  return {
    sampled: before.sampled * half + sampled,
    truncated: before.truncated * half + truncated,
    // a field that is asked about anew has been absent from no event yet
    filled: Object.fromEntries(
      names.map((name) => [name, (before.filled[name] ?? before.sampled) * half + (filled.get(name) ?? 0)]),
    ),
  }
}
