import type { Incident, Level } from '../api/types.ts'
import { LEVELS } from '../api/types.ts'
import { isLevel } from '../level/level.ts'
import type { Query } from '../api/client.ts'

/** What the queue shows, as the address bar has it. */
export interface Filter {
  readonly text: string
  /** This level and above. */
  readonly level: Level | undefined
  readonly status: FilterStatus
  readonly strategy: string
  readonly entity: string
  /** A time, or how long ago (`24h`); empty for the beginning. */
  readonly since: string
  readonly until: string
}

export const FILTER_STATUSES = ['open', 'closed', 'all'] as const
export type FilterStatus = (typeof FILTER_STATUSES)[number]

export const NO_FILTER: Filter = {
  text: '',
  level: undefined,
  status: 'open',
  strategy: '',
  entity: '',
  since: '',
  until: '',
}

const TEXTS = ['text', 'strategy', 'entity', 'since', 'until'] as const
const LONGEST = 256

/** Reads the address; what it does not understand is left out. */
export function parseFilter(search: string): Filter {
  const given = new URLSearchParams(search)
  const text = (name: string): string => (given.get(name) ?? '').slice(0, LONGEST)
  const level = given.get('level')
  const status = FILTER_STATUSES.find((each) => each === given.get('status')) ?? 'open'
  return {
    text: text('text'),
    strategy: text('strategy'),
    entity: text('entity'),
    since: text('since'),
    until: text('until'),
    level: isLevel(level) ? level : undefined,
    status,
  }
}

/** What follows `?`; empty for no filter. */
export function formatFilter(filter: Filter): string {
  const given = new URLSearchParams()
  for (const name of TEXTS) if (filter[name] !== '') given.set(name, filter[name])
  if (filter.level !== undefined) given.set('level', filter.level)
  if (filter.status !== 'open') given.set('status', filter.status)
  return given.toString()
}

/** The same question to the API. */
export function filterQuery({ status, ...filter }: Filter): Query {
  return { ...filter, status: status === 'all' ? undefined : status }
}

/** What a filter says beyond the default. */
export function isFiltered(filter: Filter): boolean {
  return formatFilter(filter) !== ''
}

/**
 * Whether an incident that has just come belongs to what is shown. The text is looked for as the store does it:
 * in the entity's values, the id and the rules' titles, whatever its case.
 */
export function belongs(incident: Incident, filter: Filter, now: number): boolean {
  if (incident.kind !== 'incident') return false
  if (filter.status !== 'all' && incident.status !== filter.status) return false
  if (filter.level !== undefined && LEVELS.indexOf(incident.level) > LEVELS.indexOf(filter.level))
    return false
  if (filter.strategy !== '' && !incident.alerts.some(({ strategy }) => strategy.id === filter.strategy))
    return false
  if (filter.since !== '' && Date.parse(incident.last) < instantOf(filter.since, now)) return false
  if (filter.until !== '' && Date.parse(incident.first) > instantOf(filter.until, now)) return false
  const entity = JSON.stringify(incident.entity)
  const titles = incident.alerts.map(({ rule }) => rule.title)
  return contains([entity], filter.entity) && contains([entity, incident.id, ...titles], filter.text)
}

function contains(texts: readonly string[], looked: string): boolean {
  const wanted = looked.toLowerCase()
  return wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted))
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** ms since the epoch of a time or of how long ago; NaN for neither. */
export function instantOf(written: string, now: number): number {
  const [, amount, unit = ''] = /^(\d+)([smhdw])$/.exec(written) ?? []
  return amount === undefined ? Date.parse(written) : now - Number(amount) * (UNITS[unit] ?? Number.NaN)
}
