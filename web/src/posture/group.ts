import type { Alert, Level, Resource } from '../api/types.ts'
import { bySeverity } from '../level/level.ts'

export interface PostureRule {
  readonly rule: Alert['rule']
  readonly level: Level
  readonly alerts: readonly Alert[]
}

/** One rule after the other, the most severe first, each with whom it found. */
export function groupByRule(alerts: readonly Alert[]): readonly PostureRule[] {
  const rules = Map.groupBy(alerts, ({ rule }) => rule.id)
  return [...rules.values()]
    .flatMap((hit): PostureRule[] => {
      const [first] = hit.toSorted((a, b) => bySeverity(a.level, b.level))
      return first === undefined ? [] : [{ rule: first.rule, level: first.level, alerts: hit }]
    })
    .toSorted((a, b) => bySeverity(a.level, b.level) || b.alerts.length - a.alerts.length)
}

/** What to call an entity where nothing else names it. */
export function nameOf(entity: Resource): string {
  const names = ['container.name', 'k8s.pod.name', 'container.id', 'user.name', 'host.name']
  return names.map((name) => entity[name]).find((value) => typeof value === 'string') ?? 'unknown'
}
