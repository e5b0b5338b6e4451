import type { BatchResult } from '../pipeline.ts'
import type { Reader } from '../store/store.ts'

/** Findings that are told once although they grow; older ones may be told again. */
const REMEMBERED = 1_000

/** What people are told of each batch: alerts as they open, findings once, the posture report as one line. */
export function createNews(
  reader: Pick<Reader, 'alert'>,
  say: (line: string) => void,
): (result: BatchResult) => void {
  const told = new Set<string>()
  const isNews = (id: string): boolean => {
    if (told.has(id)) return false
    if (told.size >= REMEMBERED) told.clear()
    told.add(id)
    return true
  }
  return ({ alerts, findings, unreadable }) => {
    const posture = alerts.filter((alert) => alert.opened && alert.posture).length
    if (posture > 0)
      say(
        `${posture} more in the posture report of what ran before: see 'tallyman incidents list', 'tallyman adopt'`,
      )
    for (const { id } of alerts.filter((alert) => alert.opened && !alert.posture)) {
      const alert = reader.alert(id)
      if (alert !== undefined)
        say(`${alert.level} alert: ${alert.rule.title} [${alert.strategy}] ${id.slice(0, 8)}`)
    }
    for (const { id, kind, about, message } of findings) if (isNews(id)) say(`${about}: ${kind}: ${message}`)
    for (const { stream, reason } of unreadable)
      if (isNews(`${stream} ${reason}`)) say(`cannot read ${stream}: ${reason}`)
  }
}
