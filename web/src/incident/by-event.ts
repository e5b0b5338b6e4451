import type { Alert, Evidence } from '../api/types.ts'
import { bySeverity } from '../level/level.ts'

/** One act, and every rule that it hit. */
export interface Act {
  /** The most severe first; never empty. */
  readonly alerts: readonly [Alert, ...Alert[]]
  /** Of all of them, each event once, in order. */
  readonly evidence: readonly Evidence[]
}

/** What the same event raised is told together: several rules that saw one act are one thing to read. */
export function byEvent(alerts: readonly Alert[]): readonly Act[] {
  const ordered = alerts.toSorted((a, b) => bySeverity(a.level, b.level))
  const acts = Map.groupBy(ordered, ({ id, evidence }) => evidence[0]?.event ?? id)
  return [...acts.values()].flatMap(([first, ...others]): Act[] => {
    if (first === undefined) return []
    const together = [first, ...others] as const
    const events = new Map(together.flatMap(({ evidence }) => evidence.map((each) => [each.event, each])))
    const evidence = [...events.values()].toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
    return [{ alerts: [...together], evidence }]
  })
}
