import { digest } from '../domain/hash.ts'
import { compares, type Comparison } from '../sigma/sigma.ts'
import { MEMBERS } from './analytic.ts'
import {
  addToSketch,
  expireSketch,
  newSketch,
  sketchCount,
  sketchFrom,
  sketchJson,
  type Sketch,
} from './sliding-hyperloglog.ts'
import { EXACT } from './timeline.ts'
import type { Aggregate } from './windowed.ts'

/** Values that are longer are known by their hash. */
const LONGEST = 64

/** Distinct values: when each was seen last, and by which signal, the one that was seen last at the end. */
export interface Distinct {
  seen: Map<string, Seen>
  /** In place of what was seen, where that is too much. */
  sketch: Sketch | undefined
  members: number[]
}
interface Seen {
  readonly time: number
  readonly n: number
}

/**
 * How many distinct values a field had. Exact up to `EXACT`; a condition that asks for no more is decided exactly
 * whatever number there are.
 */
export function valueCount(comparisons: readonly Comparison[], timespan: number): Aggregate<Distinct> {
  // what is beyond every number of the condition changes nothing any more
  const enough = Math.max(...comparisons.map(({ value }) => value)) + 1
  const countOf = ({ seen, sketch }: Distinct): number =>
    sketch === undefined ? seen.size : Math.max(EXACT, sketchCount(sketch))
  return {
    countsEvents: false,
    open: () => ({ seen: new Map(), sketch: undefined, members: [] }),
    add(distinct, { time, n, values }) {
      for (const value of values) {
        const key = keyOf(String(value))
        if (distinct.sketch !== undefined) {
          addToSketch(distinct.sketch, key, time)
          keepMember(distinct.members, n)
          continue
        }
        const { seen } = distinct
        if (seen.delete(key) || seen.size <= enough) seen.set(key, { time, n })
        if (seen.size > EXACT) turnIntoSketch(distinct)
      }
    },
    expire({ seen, sketch }, until) {
      if (sketch !== undefined) expireSketch(sketch, until, timespan)
      for (const [key, { time }] of seen) {
        if (time > until) break
        seen.delete(key)
      }
    },
    holds: (distinct) => compares(comparisons, countOf(distinct)),
    count: countOf,
    members: ({ seen, sketch, members }) =>
      sketch === undefined ? [...new Set([...seen.values()].slice(-MEMBERS).map(({ n }) => n))] : members,
    isBounded: ({ sketch }) => sketch !== undefined,
    size: ({ seen, sketch }) => (sketch === undefined ? 2 * seen.size : 32_768),
    toJson: ({ seen, sketch, members }) =>
      sketch === undefined
        ? [[...seen].flatMap(([key, { time, n }]) => [key, time, n])]
        : [[], sketchJson(sketch), members],
    fromJson(json) {
      const [flat, sketch, members = []] = json as [(string | number)[], unknown, number[]?]
      const seen = new Map<string, Seen>()
      for (let at = 0; at < flat.length; at += 3)
        seen.set(flat[at] as string, { time: flat[at + 1] as number, n: flat[at + 2] as number })
      return { seen, sketch: sketch === undefined ? undefined : sketchFrom(sketch), members }
    },
  }
}

function keyOf(text: string): string {
  return text.length > LONGEST ? `\0${digest(text)}` : text
}

function keepMember(members: number[], n: number): void {
  if (members.at(-1) === n) return
  members.push(n)
  if (members.length > MEMBERS) members.shift()
}

function turnIntoSketch(distinct: Distinct): void {
  const sketch = newSketch()
  for (const [key, { time, n }] of distinct.seen) {
    addToSketch(sketch, key, time)
    keepMember(distinct.members, n)
  }
  distinct.sketch = sketch
  distinct.seen = new Map()
}
