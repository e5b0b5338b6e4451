import type { Alert } from '../domain/alert.ts'
import type { Finding, Resource } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { LEVELS, type Level } from '../domain/match.ts'
import {
  POSTURE_RULES,
  type AlertBrief,
  type Notice,
  type PostureNotice,
  type OutboxEntry,
  type Route,
} from '../domain/notice.ts'
import { cut } from '../domain/plain-text.ts'
import type { EngineState, FoldOutput, KeyedIncident } from '../domain/state.ts'

/** Parts of a notice are bounded: characters of a text, attributes of an entity, techniques. */
const TEXT = 256
const MESSAGE = 1_024
const ATTRIBUTES = 24
const TECHNIQUES = 20

export interface NoticesOf {
  readonly routes: readonly Route[]
  /** What the store knew before folding. */
  readonly before: EngineState
  readonly output: FoldOutput
  readonly findings: readonly Finding[]
  /** Wall-clock time, ms. */
  readonly at: number
}

/**
 * What each sink is to be told of one batch. Pure: the same batch gives the same keys. An incident is told when it
 * opens and when it rises, not at each further match; the store drops levels that a sink was told of before.
 */
export function noticesOf(parts: NoticesOf): readonly OutboxEntry[] {
  if (parts.routes.length === 0) return []
  const news = newsOf(parts)
  return parts.routes.flatMap((route) => [
    ...news.flatMap((incident) => entryOf(route, incident, parts.at)),
    ...(route.findings ? parts.findings.map((finding) => findingEntry(route, finding, parts.at)) : []),
  ])
}

type AlertHead = Omit<Alert, 'evidence'>

/** An incident, and its alerts that opened or rose in this batch. */
interface IncidentNews {
  readonly incident: KeyedIncident['incident']
  readonly opened: boolean
  readonly alerts: readonly AlertHead[]
}

function newsOf({ before, output }: NoticesOf): readonly IncidentNews[] {
  const levels = new Map(before.alerts.map(({ alert }) => [alert.id, alert.level]))
  const known = new Set(before.incidents.map(({ incident }) => incident.id))
  const news = new Map<string, AlertHead[]>()
  for (const { alert } of output.alerts) {
    if (levels.get(alert.id) === alert.level) continue
    const others = news.get(alert.incident)
    if (others === undefined) news.set(alert.incident, [alert])
    else others.push(alert)
  }
  return output.incidents.flatMap(({ incident }) => {
    const alerts = news.get(incident.id)
    return alerts === undefined ? [] : [{ incident, opened: !known.has(incident.id), alerts }]
  })
}

function entryOf(route: Route, { incident, opened, alerts }: IncidentNews, at: number): OutboxEntry[] {
  const { sink, strategies } = route
  const [worst] = alerts
    .filter(({ strategy }) => strategies === undefined || strategies.includes(strategy))
    .sort((a, b) => rank(b.level) - rank(a.level) || a.first - b.first || (a.id < b.id ? -1 : 1))
  if (worst === undefined || rank(worst.level) < rank(route.level)) return []
  const { level } = worst
  const entity = brief(incident.entity)
  if (incident.kind === 'posture') {
    const { id } = incident
    const notice: Notice = { kind: 'posture', at, level, incident: { id }, entity, report: reportOf(alerts) }
    return [entry(sink, incident.id, LEVELS.length, notice, 'posture')]
  }
  const { id, first, last } = incident
  const change = opened ? 'opened' : 'raised'
  const notice: Notice = {
    kind: 'incident',
    change,
    at,
    level,
    incident: { id, first, last },
    entity,
    alert: briefAlert(worst),
  }
  return [entry(sink, id, rank(level), notice, level)]
}

/** How much there is to review, and what to look at first. */
function reportOf(alerts: readonly AlertHead[]): NonNullable<PostureNotice['report']> {
  const rules = Map.groupBy(alerts, ({ rule, level }) => `${level} ${rule.id}`)
  const worst = [...rules.values()].flatMap((some) => {
    const [first] = some
    if (first === undefined) return []
    return [{ title: cut(first.rule.title, TEXT), level: first.level, count: some.length }]
  })
  return {
    entries: alerts.length,
    entities: new Set(alerts.map(({ entity }) => JSON.stringify(entity))).size,
    worst: worst
      .toSorted((a, b) => rank(b.level) - rank(a.level) || b.count - a.count || (a.title < b.title ? -1 : 1))
      .slice(0, POSTURE_RULES),
  }
}

function findingEntry({ sink }: Route, finding: Finding, at: number): OutboxEntry {
  const { id, kind, about, since, until, closed } = finding
  const message = closed === true ? `over: ${finding.message}` : finding.message
  const interval = { since: dated(since), until: dated(until) }
  const told = { id, kind, about: cut(about, TEXT), message: cut(message, MESSAGE), ...interval }
  const notice: Notice = { kind: 'finding', at, finding: told }
  // its end is news as well, and told once
  return closed === true
    ? entry(sink, `${id}:over`, LEVELS.length, notice, 'finding')
    : entry(sink, id, LEVELS.length, notice, 'finding')
}

function entry(sink: string, subject: string, rank: number, notice: Notice, what: string): OutboxEntry {
  return { sink, key: digest('notice', sink, subject, what), subject, rank, notice }
}

function briefAlert({ id, strategy, rule, attack, first, last, count }: AlertHead): AlertBrief {
  return {
    id,
    strategy: cut(strategy, TEXT),
    rule: { id: cut(rule.id, TEXT), title: cut(rule.title, TEXT) },
    attack: attack.slice(0, TECHNIQUES),
    first,
    last,
    count,
  }
}

/** Lists keep their first value: names and ids tell whom it happened to. */
function brief(entity: Resource): Resource {
  const attributes = Object.entries(entity).slice(0, ATTRIBUTES)
  return Object.fromEntries(
    attributes.map(([name, value]) => [
      name,
      cut(typeof value === 'string' ? value : (value[0] ?? ''), TEXT),
    ]),
  )
}

/** An interval may be open at an end: the last instant that a date can name stands for it. */
function dated(ms: number): number {
  return Math.min(Math.max(ms, -8.64e15), 8.64e15)
}

function rank(level: Level): number {
  return LEVELS.indexOf(level)
}
