import type { BatchResult } from '../loop/pipeline.ts'
import type { Reader } from '../store/store.ts'
import { createAlertLines, type NewsLine } from './alert-lines.ts'

/** Findings that are told once although they grow; older ones may be told again. */
const REMEMBERED = 1_000

/** What people are told of each batch: alerts as they open, findings once, the posture report as one line. */
export function createNews(
  reader: Pick<Reader, 'alert'>,
  say: (line: NewsLine) => void,
): (result: BatchResult) => void {
  const told = new Set<string>()
  const isNews = (id: string): boolean => {
    if (told.has(id)) return false
    if (told.size >= REMEMBERED) told.clear()
    told.add(id)
    return true
  }
  const alertLines = createAlertLines(reader, ({ id }) => id.slice(0, 8))
  let posture = 0
  return ({ alerts, findings, unreadable }) => {
    const more = alerts.filter((alert) => alert.opened && alert.posture).length
    if (more > 0) {
      const sum = posture === 0 ? '' : `, ${posture + more} since the start`
      posture += more
      say({
        text: `${more} in the posture report of what ran before${sum}: see 'tallyman incidents list', 'tallyman adopt'`,
      })
    }
    for (const line of alertLines(alerts)) say(line)
    for (const { id, kind, about, message } of findings)
      if (isNews(id)) say({ text: `${about}: ${kind}: ${message}` })
    for (const { stream, reason } of unreadable)
      if (isNews(`${stream} ${reason}`)) say({ text: `cannot read ${stream}: ${reason}` })
  }
}
