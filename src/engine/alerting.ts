import { EVIDENCE_LIMIT, type Alert, type Evidence, type IncidentHead } from '../domain/alert.ts'
import type { Resource } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { maxLevel, type Level, type Match, type Rating } from '../domain/match.ts'
import type { EngineState, FoldOutput, StateKey } from '../domain/state.ts'
import { entityOf } from './entity.ts'
import { evidenceOf } from './evidence.ts'

/** Length of an alert's window, and the silence after which an entity's next alert is another incident; ms of event time. */
export const WINDOW = 3_600_000

/** All times that a Date can hold, ms. */
const ALL_TIME = { since: -8.64e15, until: 8.64e15 }

/** A match with the level that its strategy's Priority gives it. */
export interface RatedMatch {
  readonly match: Match
  readonly level: Level
  /** Where the level is not the rule's own. */
  readonly rating?: Rating
  /** Of a correlation: the events that contributed, how many there were, and whom it is about where no event says it. */
  readonly evidence?: readonly Evidence[]
  readonly count?: number
  readonly entity?: { readonly key: string; readonly entity: Resource }
}

/** The state that `fold` will need for these matches. */
export function stateKeys(matches: readonly RatedMatch[]): readonly StateKey[] {
  const keys = new Map<string, StateKey>()
  for (const rated of matches) {
    const { match } = rated
    const { alert, incident } = keysOf(rated)
    widen(keys, 'alert', alert, match.event.time)
    if (match.event.inventory === true) keys.set(incident, { kind: 'incident', key: incident, ...ALL_TIME })
    else widen(keys, 'incident', incident, match.event.time)
  }
  return [...keys.values()]
}

/**
 * Folds matches into alerts and incidents. Pure: the same state and matches give the same output.
 * An alert opens at its first match and has a fixed length; a match up to one window earlier joins it and
 * moves its beginning back. Closed alerts take nothing more.
 */
export function fold(state: EngineState, matches: readonly RatedMatch[]): FoldOutput {
  const alerts = group(
    state.alerts.map((stored) => ({ ...stored, evidence: [] as Evidence[], opened: false, changed: false })),
  )
  const incidents = group(state.incidents.map((stored) => ({ ...stored, changed: false })))
  for (const rated of matches) {
    if (isRepeat(alerts, rated)) continue
    const incident = joinIncident(incidents, rated)
    joinAlert(alerts, rated, incident.incident.id)
  }
  return {
    alerts: changed(alerts),
    incidents: changed(incidents),
  }
}

interface OpenAlert {
  readonly key: string
  readonly posture: boolean
  alert: Omit<Alert, 'evidence'>
  kept: number
  readonly evidence: Evidence[]
  opened: boolean
  changed: boolean
}
interface OpenIncident {
  readonly key: string
  incident: IncidentHead
  changed: boolean
}

/** An event that opened an alert before, be it closed by now, opens no other. */
function isRepeat(alerts: ReadonlyMap<string, readonly OpenAlert[]>, rated: RatedMatch): boolean {
  const id = alertId(rated)
  return (alerts.get(keysOf(rated).alert) ?? []).some(({ alert }) => alert.id === id)
}

function alertId(rated: RatedMatch): string {
  const { rule, event } = rated.match
  return digest(rule.strategy, rule.id, keyOf(rated), event.id)
}

/** Whom it happened to. */
function keyOf({ match, entity }: RatedMatch): string {
  return (entity ?? entityOf(match.event)).key
}

function knownOf({ match, entity }: RatedMatch): Resource {
  return (entity ?? entityOf(match.event)).entity
}

/** The events behind a match: its own, or those that a correlation was fired by. */
function eventsOf({ match, evidence }: RatedMatch): readonly Evidence[] {
  return evidence ?? [evidenceOf(match)]
}

function joinAlert(alerts: Map<string, OpenAlert[]>, rated: RatedMatch, incident: string): void {
  const { rule, event } = rated.match
  const { alert: key } = keysOf(rated)
  const known = bucket(alerts, key)
  const open = known.filter(({ alert }) => alert.status === 'open')
  const found =
    open.find(({ alert }) => event.time >= alert.first && event.time < alert.first + WINDOW) ??
    open.find(({ alert }) => event.time < alert.first && event.time >= alert.first - WINDOW)
  if (found === undefined) {
    const evidence = [...eventsOf(rated)]
    known.push({
      key,
      posture: event.inventory === true,
      alert: {
        id: alertId(rated),
        strategy: rule.strategy,
        rule: { id: rule.id, title: rule.title },
        level: rated.level,
        ...(rated.rating === undefined ? {} : { rating: rated.rating }),
        attack: rule.attack,
        entity: knownOf(rated),
        incident,
        first: event.time,
        last: event.time,
        count: rated.count ?? 1,
        status: 'open',
      },
      kept: evidence.length,
      evidence,
      opened: true,
      changed: true,
    })
    return
  }
  const { rating, ...alert } = found.alert
  const level = maxLevel(alert.level, rated.level)
  const reason = level === alert.level ? rating : rated.rating
  found.alert = {
    ...alert,
    level,
    ...(reason === undefined ? {} : { rating: reason }),
    entity: mergeEntity(alert.entity, knownOf(rated)),
    first: Math.min(alert.first, event.time),
    last: Math.max(alert.last, event.time),
    count: alert.count + (rated.count ?? 1),
  }
  if (found.kept < EVIDENCE_LIMIT) {
    const more = eventsOf(rated).slice(0, EVIDENCE_LIMIT - found.kept)
    found.evidence.push(...more)
    found.kept += more.length
  }
  found.changed = true
}

function joinIncident(incidents: Map<string, OpenIncident[]>, rated: RatedMatch): OpenIncident {
  const { match, level } = rated
  const { event } = match
  const { incident: key } = keysOf(rated)
  const known = bucket(incidents, key)
  const found = known.find(
    ({ incident }) =>
      incident.kind === 'posture' ||
      (incident.status === 'open' &&
        event.time >= incident.first - WINDOW &&
        event.time <= incident.last + WINDOW),
  )
  if (found === undefined) {
    const posture = event.inventory === true
    const opened: OpenIncident = {
      key,
      incident: {
        id: digest('incident', key, posture ? '' : event.id),
        kind: posture ? 'posture' : 'incident',
        entity: posture ? hostOnly(event.resource) : knownOf(rated),
        level,
        first: event.time,
        last: event.time,
        status: 'open',
      },
      changed: true,
    }
    known.push(opened)
    return opened
  }
  const { incident } = found
  found.incident = {
    ...incident,
    level: maxLevel(incident.level, level),
    entity: incident.kind === 'posture' ? incident.entity : mergeEntity(incident.entity, knownOf(rated)),
    first: Math.min(incident.first, event.time),
    last: Math.max(incident.last, event.time),
    // The posture report stays one: what is new in it opens it again.
    status: 'open',
  }
  found.changed = true
  return found
}

/** What already ran at the first start is one report for each machine, whatever ran there and since when. */
function keysOf(rated: RatedMatch): { alert: string; incident: string } {
  const { rule, event } = rated.match
  const entity = keyOf(rated)
  if (event.inventory === true) {
    return {
      alert: JSON.stringify(['posture', rule.strategy, rule.id, entity]),
      incident: JSON.stringify(['posture', event.resource['host.name'] ?? '']),
    }
  }
  return { alert: JSON.stringify([rule.strategy, rule.id, entity]), incident: entity }
}

/** What was learnt later about the same entity is added, what was known stays. */
function mergeEntity(known: Resource, more: Resource): Resource {
  return Object.keys(more).every((name) => name in known) ? known : { ...more, ...known }
}

function hostOnly(resource: Resource): Resource {
  const host = resource['host.name']
  return host === undefined ? {} : { 'host.name': host }
}

function widen(keys: Map<string, StateKey>, kind: StateKey['kind'], key: string, time: number): void {
  const name = `${kind} ${key}`
  const known = keys.get(name)
  const since = Math.min(known?.since ?? Infinity, time - WINDOW)
  const until = Math.max(known?.until ?? -Infinity, time + WINDOW)
  keys.set(name, { kind, key, since, until })
}

function bucket<T>(map: Map<string, T[]>, key: string): T[] {
  const found = map.get(key)
  if (found !== undefined) return found
  const made: T[] = []
  map.set(key, made)
  return made
}

function group<T extends { readonly key: string }>(items: readonly T[]): Map<string, T[]> {
  const map = new Map<string, T[]>()
  for (const item of items) bucket(map, item.key).push(item)
  return map
}

function changed<T extends { readonly changed: boolean }>(
  map: ReadonlyMap<string, readonly T[]>,
): readonly T[] {
  return [...map.values()].flat().filter((item) => item.changed)
}
