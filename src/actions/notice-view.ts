import type { Resource } from '../domain/event.ts'
import type { Level } from '../domain/match.ts'
import type { IncidentNotice } from '../domain/notice.ts'
import type { Delivery } from './action.ts'

/** A notice as a webhook sends it: type, time and data (https://www.standardwebhooks.com). Strings may be hostile. */
export interface NoticeView {
  readonly type: 'incident.opened' | 'incident.raised' | 'posture.opened' | 'finding' | 'digest' | 'test'
  /** ISO 8601, UTC, as all times: when it was written, the same at each attempt. */
  readonly timestamp: string
  /** The idempotency key. */
  readonly key: string
  /** Where the console shows it. */
  readonly link: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface IncidentData {
  readonly level: Level
  readonly incident: {
    readonly id: string
    readonly first: string
    readonly last: string
    readonly link: string
  }
  readonly entity: Resource
  readonly alert: Readonly<Record<string, unknown>>
}

export function noticeView({ key, notice, console }: Delivery): NoticeView {
  const head = { timestamp: instant(notice.at), key }
  switch (notice.kind) {
    case 'incident': {
      const data = incidentData(notice, console)
      return { type: `incident.${notice.change}`, ...head, link: data.incident.link, data: { ...data } }
    }
    case 'posture': {
      const { level, incident, entity, report } = notice
      return {
        type: 'posture.opened',
        ...head,
        link: `${console}/posture`,
        data: { level, incident, entity, ...(report === undefined ? {} : { report }) },
      }
    }
    case 'finding': {
      const { since, until, ...finding } = notice.finding
      const data = { ...finding, since: instant(since), until: instant(until) }
      return { type: 'finding', ...head, link: `${console}/findings`, data }
    }
    case 'digest': {
      const { since, until, count, levels, strategies, incidents } = notice
      const data = {
        since: instant(since),
        until: instant(until),
        count,
        levels,
        strategies,
        incidents: incidents.map((each) => incidentData(each, console)),
      }
      return { type: 'digest', ...head, link: `${console}/`, data }
    }
    case 'test':
      return { type: 'test', ...head, link: `${console}/notifications`, data: {} }
  }
}

function incidentData({ level, incident, entity, alert }: IncidentNotice, console: string): IncidentData {
  return {
    level,
    incident: {
      id: incident.id,
      first: instant(incident.first),
      last: instant(incident.last),
      link: `${console}/incidents/${incident.id}`,
    },
    entity,
    alert: { ...alert, first: instant(alert.first), last: instant(alert.last) },
  }
}

function instant(ms: number): string {
  return new Date(Math.min(Math.max(ms, -8.64e15), 8.64e15)).toISOString()
}
