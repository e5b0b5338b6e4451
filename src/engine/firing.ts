import { EVIDENCE_LIMIT, type Evidence } from '../domain/alert.ts'
import type { Event, Resource } from '../domain/event.ts'
import { RESOURCE_ATTRIBUTES } from '../domain/fields.ts'
import { digest } from '../domain/hash.ts'
import type { SignalBody } from '../domain/state.ts'
import type { Correlation } from '../sigma/sigma.ts'
import type { Firing } from './analytic.ts'
import { isNobody } from './entity.ts'
import { groupValues } from './signals.ts'

/**
 * The event that a correlation's firing is: what all that contributed has in common of its resource, and what it is
 * grouped by, under the names that the correlation gives it.
 */
export function eventOfFiring(
  { rule, groupBy }: Correlation,
  group: string,
  { time, event }: Firing,
  bodies: readonly SignalBody[],
): Event {
  const values = groupValues(groupBy, group)
  const resource = { ...common(bodies.map((body) => body.resource)) }
  for (const [name, value] of Object.entries(values))
    if (Object.hasOwn(RESOURCE_ATTRIBUTES, name)) resource[name] ??= value
  return {
    id: `correlation:${digest(rule.strategy, rule.id, group, event, String(time))}`,
    time,
    source: bodies.at(-1)?.source ?? 'falco',
    logsource: {},
    resource,
    record: values,
    mapping: {},
  }
}

/** Whom the firing is about where its resource names nobody but a machine: the group. */
export function groupEntity(
  { groupBy }: Correlation,
  group: string,
  { resource }: Event,
): { readonly key: string; readonly entity: Resource } | undefined {
  if (groupBy.length === 0 || !isNobody(resource)) return undefined
  const host = resource['host.name'] ?? ''
  return {
    key: JSON.stringify(['group', host, groupBy, group]),
    entity: { ...resource, ...groupValues(groupBy, group) },
  }
}

/** Each event once, in the order of their times; the newest where there are too many. */
export function evidenceOfFiring(bodies: readonly SignalBody[]): readonly Evidence[] {
  const events = new Map(bodies.flatMap(({ evidence }) => evidence).map((each) => [each.event, each]))
  return [...events.values()]
    .sort((a, b) => a.time - b.time || (a.event < b.event ? -1 : 1))
    .slice(-EVIDENCE_LIMIT)
}

function common(resources: readonly Resource[]): Record<string, Resource[string]> {
  const [first = {}, ...others] = resources
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => {
      const text = JSON.stringify(value)
      return others.every((other) => JSON.stringify(other[name]) === text)
    }),
  )
}
