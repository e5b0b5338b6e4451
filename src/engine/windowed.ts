import type { Analytic, Contribution, Firing } from './analytic.ts'

/** What one kind of correlation keeps of the matches in a window, and what it makes of them. */
export interface Aggregate<W> {
  /** Whether an event that several rules matched counts once. */
  readonly countsEvents: boolean
  open(): W
  add(window: W, contribution: Contribution): void
  /** Forgets what happened at `until` or before, ms. */
  expire(window: W, until: number): void
  /** Whether the condition is true of what happened after `since`, ms. */
  holds(window: W, since: number): boolean
  count(window: W, since: number): number
  /** Numbers of the newest signals in it, the oldest first. */
  members(window: W, since: number): readonly number[]
  isBounded(window: W): boolean
  /** How many entries it holds, about. */
  size(window: W): number
  toJson(window: W): unknown
  fromJson(json: unknown): W
}

export interface WindowOptions {
  /** ms. */
  readonly timespan: number
  /** True where more matches can make the condition false again. */
  readonly decidedAtEnd: boolean
}

interface Sliding<W> {
  readonly window: W
  /** The newest match, ms. */
  readonly last: number
}

interface Tumbling<W> {
  readonly window: W
  /** The match that opened it. */
  readonly start: number
  readonly event: string
}

/**
 * A correlation of an aggregate. What stays true once it is true is looked at after each match, over the matches of
 * the timespan before it, and fires at once. Anything else is decided when its window is over: that begins with its
 * first match and lasts for one timespan. After a firing, and after a window, the group begins anew.
 */
export function windowed<W>(
  aggregate: Aggregate<W>,
  options: WindowOptions,
): Analytic<Sliding<W>> | Analytic<Tumbling<W>> {
  return options.decidedAtEnd ? tumbling(aggregate, options.timespan) : sliding(aggregate, options.timespan)
}

/** Matches of one event follow each other. */
function isRepeat(before: Contribution | undefined, { time, event }: Contribution): boolean {
  return before !== undefined && before.time === time && before.event === event
}

function sliding<W>(aggregate: Aggregate<W>, timespan: number): Analytic<Sliding<W>> {
  const { countsEvents } = aggregate
  return {
    reduce(state, contributions, watermark) {
      let window = state?.window
      let last = state?.last ?? 0
      let before: Contribution | undefined
      let isBounded = false
      let firings: Firing[] | undefined
      for (const each of contributions) {
        if (countsEvents && isRepeat(before, each)) continue
        before = each
        last = each.time
        const since = each.time - timespan
        if (window === undefined) window = aggregate.open()
        else aggregate.expire(window, since)
        aggregate.add(window, each)
        if (!aggregate.holds(window, since)) continue
        firings ??= []
        firings.push({
          time: each.time,
          event: each.event,
          count: aggregate.count(window, since),
          members: aggregate.members(window, since),
        })
        isBounded ||= aggregate.isBounded(window)
        window = undefined
      }
      const expires = last + timespan
      const isOver = window === undefined || expires <= watermark
      return {
        state: isOver ? undefined : { window: window as W, last },
        firings: firings ?? NONE,
        deadline: undefined,
        expires,
        isBounded: isBounded || (window !== undefined && aggregate.isBounded(window)),
      }
    },
    size: ({ window }) => aggregate.size(window),
    toJson: ({ window, last }) => [last, aggregate.toJson(window)],
    fromJson(json) {
      const [last, window] = json as [number, unknown]
      return { last, window: aggregate.fromJson(window) }
    },
  }
}

function tumbling<W>(aggregate: Aggregate<W>, timespan: number): Analytic<Tumbling<W>> {
  return {
    reduce(state, contributions, watermark) {
      let open = state
      let before: Contribution | undefined
      let isBounded = false
      const firings: Firing[] = []
      const close = ({ window, start, event }: Tumbling<W>): void => {
        isBounded ||= aggregate.isBounded(window)
        const [time, since] = [start + timespan, start - 1]
        if (!aggregate.holds(window, since)) return
        firings.push({
          time,
          event,
          count: aggregate.count(window, since),
          members: aggregate.members(window, since),
        })
      }
      for (const each of contributions) {
        if (aggregate.countsEvents && isRepeat(before, each)) continue
        before = each
        if (open !== undefined && each.time >= open.start + timespan) {
          close(open)
          open = undefined
        }
        open ??= { window: aggregate.open(), start: each.time, event: each.event }
        aggregate.add(open.window, each)
      }
      // strictly: what fires is before the watermark, as everything that was given is
      if (open !== undefined && open.start + timespan < watermark) {
        close(open)
        open = undefined
      }
      const end = open === undefined ? watermark : open.start + timespan
      return {
        state: open,
        firings,
        deadline: open === undefined ? undefined : end,
        // looked at by its deadline, and never forgotten before
        expires: end + timespan,
        isBounded,
      }
    },
    size: ({ window }) => aggregate.size(window),
    toJson: ({ window, start, event }) => [start, event, aggregate.toJson(window)],
    fromJson(json) {
      const [start, event, window] = json as [number, string, unknown]
      return { start, event, window: aggregate.fromJson(window) }
    },
  }
}

const NONE: readonly Firing[] = []
