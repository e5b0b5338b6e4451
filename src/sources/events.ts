import { hash } from 'node:crypto'
import type { Event, EventLogsource, Logsource, Mapping, Resource, SourceName } from '../domain/event.ts'

/** Records that already use the names of their log source need no mapping. */
export const OWN_NAMES: Mapping = Object.freeze({})

/** What the events that come from one record share. */
export interface EventBase {
  /** Id of the record; its events add to it. */
  readonly id: string
  readonly time: number
  readonly source: SourceName
  readonly product: string
  readonly resource: Resource
  readonly inventory?: boolean
  readonly object?: string | undefined
}

/** An event of one of our own categories. `suffix` tells it from its siblings. */
export function derivedEvent(
  base: EventBase,
  suffix: string,
  category: string,
  record: Readonly<Record<string, unknown>>,
): Event {
  return {
    id: `${base.id}#${suffix}`,
    time: base.time,
    source: base.source,
    logsource: logsourceOf(base.product, category),
    resource: base.resource,
    record,
    mapping: OWN_NAMES,
    ...(base.inventory === true && { inventory: true }),
    ...(base.object !== undefined && { object: base.object }),
  }
}

const LOGSOURCES = new Map<string, Logsource>()

function logsourceOf(product: string, category: string): Logsource {
  const key = `${product} ${category}`
  const shared = LOGSOURCES.get(key) ?? Object.freeze({ product, category })
  LOGSOURCES.set(key, shared)
  return shared
}

/** Each log source that rules for such events may name, once. */
export function servedBy(logsources: Iterable<EventLogsource>): readonly Logsource[] {
  const served = new Map<string, Logsource>()
  for (const { also = [], ...first } of logsources)
    for (const each of [first, ...also]) served.set(`${each.product}/${each.category}/${each.service}`, each)
  return [...served.values()]
}

/** 128 bits of SHA-256 over a record's text; 32 hex digits. */
export function contentOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32)
}
