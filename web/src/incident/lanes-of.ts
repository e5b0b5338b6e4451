import type { LaneEvent } from '../chart/lanes.ts'
import type { Evidence } from '../api/types.ts'

/** An event of an incident, and the rule that it is a match of. Hostile text. */
export interface LaneRow {
  readonly evidence: Evidence
  readonly rule: string
}

export interface Lanes {
  readonly names: readonly string[]
  /** In the order of their times; the same places as `rows`. */
  readonly events: readonly LaneEvent[]
  readonly rows: readonly LaneRow[]
}

/** Lanes of one picture; what belongs to further rules shares the last. */
const MOST = 12
const OTHERS = 'other rules'

/** Events by rule: a lane each, those that are `expected` first, in that order, also where nothing is in them. */
export function lanesOf(rows: readonly LaneRow[], expected: readonly string[] = []): Lanes {
  const ordered = rows.toSorted((a, b) => Date.parse(a.evidence.time) - Date.parse(b.evidence.time))
  const all = [...new Set([...expected, ...ordered.map(({ rule }) => rule)])]
  const names = all.length <= MOST ? all : [...all.slice(0, MOST - 1), OTHERS]
  const laneOf = new Map(all.map((name, lane) => [name, Math.min(lane, names.length - 1)]))
  return {
    names,
    rows: ordered,
    events: ordered.map(({ evidence, rule }) => ({
      time: Date.parse(evidence.time),
      lane: laneOf.get(rule) ?? 0,
    })),
  }
}
