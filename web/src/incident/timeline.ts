import type { Alert, Evidence, Level } from '../api/types.ts'
import { bySeverity } from '../level/level.ts'

/** One event of an incident, with every rule that it hit. */
export interface TimelineRow {
  readonly evidence: Evidence
  /** The most severe of its alerts. */
  readonly level: Level
  readonly rules: readonly string[]
}

/** Events of all alerts in the order in which they happened, each once. */
export function timeline(alerts: readonly Alert[]): readonly TimelineRow[] {
  const rows = new Map<string, { evidence: Evidence; level: Level; rules: string[] }>()
  for (const { evidence, level, rule } of alerts) {
    for (const each of evidence) {
      const row = rows.get(each.event)
      if (row === undefined) rows.set(each.event, { evidence: each, level, rules: [rule.title] })
      else {
        if (!row.rules.includes(rule.title)) row.rules.push(rule.title)
        if (bySeverity(level, row.level) < 0) row.level = level
      }
    }
  }
  return [...rows.values()].toSorted((a, b) => Date.parse(a.evidence.time) - Date.parse(b.evidence.time))
}
