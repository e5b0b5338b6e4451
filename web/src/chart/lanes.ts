/** Something that happened, in one of several lanes. */
export interface LaneEvent {
  /** ms. */
  readonly time: number
  /** Its lane's place. */
  readonly lane: number
}

/** Where lanes begin and end: a little more than what happened in them. */
export interface Axis {
  readonly since: number
  readonly until: number
}

/** Least length of an axis, ms. */
const LEAST = 1_000
const MARGIN = 0.03

export function axisOf(events: readonly Pick<LaneEvent, 'time'>[]): Axis {
  let [since, until] = [Infinity, -Infinity]
  for (const { time } of events) {
    since = Math.min(since, time)
    until = Math.max(until, time)
  }
  if (since > until) return { since: 0, until: LEAST }
  const margin = Math.max((until - since) * MARGIN, LEAST / 2)
  return { since: since - margin, until: until + margin }
}

export function placeOn({ since, until }: Axis, time: number, width: number): number {
  return ((time - since) / (until - since)) * width
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Steps between two marks of the axis, ms. */
const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28].map((n) => n * DAY),
] as const

/** Marks of the axis, each as far from the others as it is wide at least (`space`, of `width`). Times in ms. */
export function ticksOf(
  { since, until }: Axis,
  { width, space }: { readonly width: number; readonly space: number },
): { readonly times: readonly number[]; readonly step: number } {
  const least = ((until - since) * space) / Math.max(width, 1)
  const step = STEPS.find((each) => each >= least) ?? Math.ceil(least / DAY) * DAY
  const times: number[] = []
  for (let time = Math.ceil(since / step) * step; time <= until; time += step) times.push(time)
  return { times, step }
}

/** What a mark says, as exactly as the marks are apart. UTC. */
export function tickWords(time: number, step: number): string {
  const text = new Date(time).toISOString()
  if (step >= DAY) return text.slice(5, 10)
  if (step >= MINUTE) return text.slice(11, 16)
  return step >= SECOND ? text.slice(11, 19) : text.slice(14, 23)
}

/**
 * The event that is nearest to a place in the picture: of its lane, within `reach` of it; of several the first.
 * `events` are in the order of their times.
 */
export function nearest(
  events: readonly LaneEvent[],
  { time, lane }: LaneEvent,
  reach: number,
): number | undefined {
  let found: number | undefined
  let least = reach
  for (let at = firstFrom(events, time - reach); at < events.length; at += 1) {
    const event = events[at]
    if (event === undefined || event.time > time + reach) break
    const distance = Math.abs(event.time - time)
    if (event.lane !== lane || distance > least || (distance === least && found !== undefined)) continue
    least = distance
    found = at
  }
  return found
}

/** The place of the first event at a time or after it. */
function firstFrom(events: readonly LaneEvent[], time: number): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((events[middle]?.time ?? Infinity) < time) low = middle + 1
    else high = middle
  }
  return low
}
