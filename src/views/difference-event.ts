import type { Event, Mapping, Resource } from '../domain/event.ts'
import { RESOURCE_ATTRIBUTES } from '../domain/fields.ts'
import { digest } from '../domain/hash.ts'
import type { Difference } from './differences.ts'
import { CONTAINER_VIEW } from './look-event.ts'

const OWN_NAMES: Mapping = Object.freeze({})

/** What rules are asked about a difference. It is told once, whenever it is looked at again. */
export function differenceEvent(difference: Difference): Event {
  const { host, container, seenBy, missingFrom, knownBefore, by, since, until } = difference
  const id = `view:${digest(host, container.key, String(container.first), ...missingFrom)}`
  const fields = Object.entries(container.fields ?? {})
  const isAttribute = (name: string): boolean => Object.hasOwn(RESOURCE_ATTRIBUTES, name)
  const attributes = fields.filter(([name, value]) => isAttribute(name) && typeof value === 'string')
  return {
    id,
    once: id,
    time: until,
    source: by.source,
    logsource: CONTAINER_VIEW,
    resource: {
      ...(Object.fromEntries(attributes) as Resource),
      'host.name': host,
      ...(container.named && { 'container.id': container.key }),
    },
    record: {
      ...Object.fromEntries(fields.filter(([name]) => !isAttribute(name))),
      'view.seen_by': seenBy,
      'view.missing_from': missingFrom,
      'view.known_before': knownBefore,
      'view.seconds': Math.floor((until - since) / 1_000),
    },
    mapping: OWN_NAMES,
  }
}
