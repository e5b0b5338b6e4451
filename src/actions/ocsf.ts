import type { Level } from '../domain/match.ts'
import type { Notice } from '../domain/notice.ts'
import type { Delivery } from './action.ts'
import { messageOf } from './message.ts'
import { noticeView } from './notice-view.ts'

/** OCSF's severities by level (https://schema.ocsf.io/1.3.0/classes/detection_finding). */
const SEVERITIES: Readonly<Record<Level, number>> = {
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
}

/** A notice as an OCSF 1.3.0 Detection Finding (class 2004). */
export function ocsfFinding(delivery: Delivery): Readonly<Record<string, unknown>> {
  const { notice, key } = delivery
  const { title, level } = messageOf(delivery)
  const view = noticeView(delivery)
  const activity = notice.kind === 'incident' && notice.change === 'raised' ? 2 : 1
  return {
    class_uid: 2004,
    class_name: 'Detection Finding',
    category_uid: 2,
    category_name: 'Findings',
    activity_id: activity,
    type_uid: 200_400 + activity,
    severity_id: SEVERITIES[level],
    severity: level[0]?.toUpperCase() + level.slice(1),
    status_id: 1,
    time: notice.at,
    message: title,
    metadata: {
      version: '1.3.0',
      uid: key,
      product: { name: 'Tallyman', vendor_name: 'Tallyman' },
    },
    finding_info: { uid: key, title, created_time: notice.at, src_url: view.link, ...detectionOf(notice) },
    unmapped: { type: view.type, data: view.data },
  }
}

function detectionOf(notice: Notice): Readonly<Record<string, unknown>> {
  if (notice.kind !== 'incident') return {}
  const { incident, alert } = notice
  return {
    uid: incident.id,
    first_seen_time: incident.first,
    last_seen_time: incident.last,
    analytic: {
      type_id: 1,
      type: 'Rule',
      uid: alert.rule.id,
      name: alert.rule.title,
      category: alert.strategy,
    },
    attacks: alert.attack.map((uid) => ({ technique: { uid } })),
  }
}
