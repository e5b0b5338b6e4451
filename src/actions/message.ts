import { LEVELS, type Level } from '../domain/match.ts'
import type { IncidentNotice, Notice, PostureNotice } from '../domain/notice.ts'
import { entityLabel } from '../domain/entity-label.ts'
import type { Resource } from '../domain/event.ts'
import { cut, plainText } from '../domain/plain-text.ts'
import type { Delivery } from './action.ts'

/** What people read of a notice, in every format. All of it is one line each and harmless for a terminal; markup is the format's to escape. */
export interface Message {
  readonly title: string
  readonly level: Level
  /** A label, and what it says. */
  readonly lines: readonly (readonly [label: string, text: string])[]
  readonly link: string
}

const TITLE = 200
const LINE = 300

export function messageOf({ notice, console }: Delivery): Message {
  const { title, level, lines, path } = partsOf(notice)
  return {
    title: cut(plainText(title), TITLE),
    level,
    lines: lines.map(([label, text]) => [label, cut(plainText(text), LINE)]),
    link: `${console}${path}`,
  }
}

interface Parts {
  readonly title: string
  readonly level: Level
  readonly lines: readonly (readonly [string, string])[]
  readonly path: string
}

function partsOf(notice: Notice): Parts {
  switch (notice.kind) {
    case 'incident':
      return ofIncident(notice)
    case 'posture':
      return ofPosture(notice)
    case 'finding': {
      const { about, kind, message, since, until } = notice.finding
      return {
        title: `Blind: ${kind} of ${about}`,
        level: 'informational',
        lines: [
          ['what', message],
          ['interval', `${clock(since)} to ${clock(until)} UTC`],
        ],
        path: '/findings',
      }
    }
    case 'digest':
      return {
        title: `${notice.count} notifications in one: ${countsOf(notice.levels)}`,
        level: LEVELS.findLast((level) => (notice.levels[level] ?? 0) > 0) ?? 'informational',
        lines: [
          ['interval', `${clock(notice.since)} to ${clock(notice.until)} UTC`],
          ...notice.strategies.slice(0, 5).map(({ id, count }) => ['strategy', `${id}: ${count}`] as const),
          ...notice.incidents.map((incident) => ['incident', headline(incident)] as const),
        ],
        path: '/',
      }
    case 'test':
      return {
        title: 'A test of this sink',
        level: 'informational',
        lines: [['what', 'somebody asked for it; nothing has happened']],
        path: '/notifications',
      }
  }
}

function ofPosture({ entity, level, report }: PostureNotice): Parts {
  const what = 'what already ran when Tallyman first looked; review it, adopt what belongs there'
  const some = report === undefined ? '' : `: ${counted(report.entities, 'container')} to review`
  return {
    title: `Posture report of ${entityLabel(entity)}${some}`,
    level,
    lines: [
      ['what', what],
      ...(report?.worst ?? []).map(({ title, level: worst, count }) => {
        return ['worst', `${worst}: ${title}, ${counted(count, 'time')}`] as const
      }),
    ],
    path: '/posture',
  }
}

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

function ofIncident(notice: IncidentNotice): Parts {
  const { incident, entity, alert, change, level } = notice
  return {
    title: headline(notice),
    level,
    lines: [
      ['what', change === 'opened' ? 'an incident opened' : `an incident reached ${level}`],
      ['who', whoOf(entity)],
      ['rule', `${alert.rule.title} [${alert.strategy}]`],
      ['technique', alert.attack.join(' ')],
      ['first seen', `${clock(incident.first)} UTC`],
      ['incident', incident.id.slice(0, 8)],
    ],
    path: `/incidents/${incident.id}`,
  }
}

function headline({ level, alert, entity }: IncidentNotice): string {
  return `${level}: ${alert.rule.title}: ${entityLabel(entity)}`
}

function countsOf(levels: Readonly<Partial<Record<Level, number>>>): string {
  const counts = [...LEVELS].reverse().flatMap((level) => {
    const n = levels[level] ?? 0
    return n === 0 ? [] : [`${n} ${level}`]
  })
  return counts.length === 0 ? 'what was not seen' : counts.join(', ')
}

function whoOf(entity: Resource): string {
  const image = entity['container.image.name']
  const host = entity['host.name']
  return [
    entityLabel(entity),
    ...(image === undefined ? [] : [`image ${String(image)}`]),
    ...(host === undefined ? [] : [`on ${String(host)}`]),
  ].join(', ')
}

function clock(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}
