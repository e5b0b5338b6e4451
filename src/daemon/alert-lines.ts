import type { Alert } from '../domain/alert.ts'
import { entityName } from '../domain/entity-name.ts'
import { eventWords } from '../domain/event-words.ts'
import type { Level } from '../domain/match.ts'
import { cut } from '../domain/plain-text.ts'
import type { BatchResult } from '../loop/pipeline.ts'
import type { Reader } from '../store/store.ts'

/** A line for people. Hostile text; where it has a level, that is the first word after the time. */
export interface NewsLine {
  readonly text: string
  readonly level?: Level
}

/** Characters of what happened. */
const WORDS = 120

/**
 * What a terminal shows of alerts as they open: whose they are once, where that is known, then a line for each: when, how grave, what
 * rule, what happened, and `tag` (by which it is found again).
 */
export function createAlertLines(
  reader: Pick<Reader, 'alert'>,
  tag: (alert: Alert) => string,
): (alerts: BatchResult['alerts']) => readonly NewsLine[] {
  let incident = ''
  return (alerts) =>
    alerts.flatMap(({ id, opened, posture }) => {
      const alert = opened && !posture ? reader.alert(id) : undefined
      if (alert === undefined) return []
      const head =
        alert.incident === incident ? [] : [{ text: entityName(alert.entity) || 'no entity known' }]
      incident = alert.incident
      return [...head, { text: lineOf(alert, tag(alert)), level: alert.level }]
    })
}

function lineOf({ first, level, rule, evidence }: Alert, tag: string): string {
  const [event] = evidence
  const words = event === undefined ? '' : cut(eventWords(event), WORDS)
  const time = new Date(first).toISOString().slice(11, 19)
  return `  ${time}  ${level.padEnd(8)}  ${rule.title}${words === '' ? '' : `: ${words}`}  [${tag}]`
}
