import { EVIDENCE_LIMIT, type Evidence } from '../../domain/alert.ts'
import type { Event, Resource } from '../../domain/event.ts'
import { RESOURCE_ATTRIBUTES } from '../../domain/fields.ts'
import { digest } from '../../domain/hash.ts'
import type { Baseline } from '../../sigma/sigma.ts'
import type { RatedMatch } from '../alerting.ts'
import { groupEntity } from '../firing.ts'
import { groupValues } from '../signals.ts'
import type { Told } from './baseline-analytic.ts'

/** What a baseline told, as a match: with what was seen, what it was held against, and whom it is about. */
export function matchOfTold(
  baseline: Baseline,
  key: string,
  told: Told,
): Pick<RatedMatch, 'match'> & Required<Pick<RatedMatch, 'evidence' | 'count'>> & Pick<RatedMatch, 'entity'> {
  const { rule, peers, groupBy, fields } = baseline
  const { time, body, series, reason, count } = told
  const names = series === undefined ? peers : groupBy
  const group = series ?? key
  const values = { ...groupValues(peers, key), ...(series === undefined ? {} : groupValues(groupBy, series)) }
  const resource: Record<string, Resource[string]> = isOfMany(reason, names) ? {} : { ...body?.resource }
  for (const [name, value] of Object.entries(values))
    if (Object.hasOwn(RESOURCE_ATTRIBUTES, name)) resource[name] ??= value
  const seen = Object.entries({ reason, ...told.seen }).map(([name, value]) => [`baseline.${name}`, value])
  const record = {
    ...Object.fromEntries(seen),
    ...valueFields(fields, told.seen['value']),
    ...values,
  } as Record<string, unknown>
  const event: Event = {
    id: idOfTold(baseline, key, told),
    time,
    source: body?.source ?? 'falco',
    logsource: {},
    resource,
    record,
    mapping: {},
  }
  const entity = groupEntity({ rule, groupBy: names } as Parameters<typeof groupEntity>[0], group, event)
  return {
    match: { rule, event },
    evidence: evidenceOfTold(
      { id: rule.id, title: rule.title },
      event,
      { record, values },
      body?.evidence ?? [],
    ),
    count,
    ...(entity === undefined ? {} : { entity }),
  }
}

/** What tells it from all that the baselines told and will tell. */
export function idOfTold(
  { rule, hash }: Baseline,
  key: string,
  { series, reason, event, seen }: Told,
): string {
  const value = String(seen['value'] ?? '')
  return `baseline:${digest(rule.strategy, rule.id, hash, key, series ?? '', reason, event, value)}`
}

/** The value that was told, under the names of its fields: correlations may group by them. */
function valueFields(fields: readonly string[], value: unknown): Readonly<Record<string, unknown>> {
  const [only] = fields
  if (typeof value !== 'string' || only === undefined) return {}
  if (fields.length === 1) return { [only]: value }
  const parts = JSON.parse(value) as readonly string[]
  return Object.fromEntries(fields.map((name, at) => [name, parts[at]]))
}

/** A number of a machine, a namespace or an account is about no single one of those that it was made of. */
function isOfMany(reason: Told['reason'], names: readonly string[]): boolean {
  const isNumber = reason === 'spike' || reason === 'drift' || reason === 'absence'
  return isNumber && names.length > 0 && names.every((name) => LARGER.has(name))
}

const LARGER: ReadonlySet<string> = new Set([
  'host.name',
  'k8s.node.name',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'user.name',
])

/** What was observed, with what it was held against, and whose it is as the key says it. */
function evidenceOfTold(
  by: NonNullable<Evidence['by']>,
  { id, time, source }: Event,
  { record, values }: { readonly record: Evidence['fields']; readonly values: Evidence['fields'] },
  [first, ...others]: readonly Evidence[],
): readonly Evidence[] {
  const told: Evidence =
    first === undefined
      ? { event: id, time, source, logsource: '', fields: record, by }
      : { ...first, fields: { ...record, ...first.fields, ...values }, by }
  return [told, ...others].slice(0, EVIDENCE_LIMIT)
}
