import type { Incident } from '../api/types.ts'
import { bySeverity } from '../level/level.ts'

/** What happened, in short: the rules' titles, most severe first, each once. */
export function titlesOf({ alerts }: Pick<Incident, 'alerts'>): readonly string[] {
  return [...new Set(alerts.toSorted((a, b) => bySeverity(a.level, b.level)).map(({ rule }) => rule.title))]
}
