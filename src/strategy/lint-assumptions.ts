import { AUDIT_PROBES } from '../domain/audit-probe.ts'
import { SOURCE_NAMES, type SourceName } from '../domain/event.ts'
import { EXTENSIONS, RESOURCE_ATTRIBUTES, SERVED_BY, SIGMA_CATEGORIES } from '../domain/fields.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import { quoted, type Check, type LintContext } from './lint-context.ts'
import { measuredBy, type Assumption, type LintFinding } from './strategy.ts'

/** Assumptions that nothing can measure, and rules whose telemetry none assumes: 032, 033. */
export const lintAssumptions: Check = (context) => [
  ...context.strategy.assumptions.flatMap((assumption) =>
    [...wrongIn(assumption)].map((message) => unmeasurable(context, assumption, message)),
  ),
  ...unassumed(context),
]

function unmeasurable(context: LintContext, { id, line }: Assumption, message: string): LintFinding {
  return context.finding(
    'ADS032',
    context.wrong,
    line,
    `assumption ${id} cannot be measured: ${message}`,
    'Name sources as tallyman sources list does, and their fields as docs/fields.md does.',
  )
}

function* wrongIn(assumption: Assumption): Iterable<string> {
  const { source, category, service, fields = [], metric, min, max, probes = [] } = assumption
  if (metric === undefined && source.length === 0) yield 'it names neither a source nor a metric'
  const measured = measuredBy(assumption)?.sources ?? []
  if (
    metric !== undefined &&
    (measured.length === 0 || !measured.every((name) => source.includes(name) || isSource(name)))
  )
    yield `there is no metric ${quoted(metric)}`
  if (metric !== undefined && min === undefined && max === undefined)
    yield `${quoted(metric)} has neither min nor max`
  for (const name of source) {
    if (isSource(name)) continue
    const near = nearestWord(name, SOURCE_NAMES)
    yield `there is no source ${quoted(name)}${near === undefined ? '' : `; did you mean ${near}?`}`
  }
  if (probes.length > 0 && !source.includes('kubernetes.audit')) yield 'only kubernetes.audit is probed'
  for (const name of probes)
    if (!AUDIT_PROBES.some(({ id }) => id === name))
      yield `there is no probe ${quoted(name)}: it is one of ${AUDIT_PROBES.map(({ id }) => id).join(', ')}`
  if (metric === undefined && fields.length > 0 && category === undefined && service === undefined)
    yield 'its fields are of no category and no service'
  const served = category === undefined ? undefined : SERVED_BY[category]
  const known = source.filter(isSource)
  if (served !== undefined && known.length > 0 && !known.some((name) => served.includes(name)))
    yield `${known.join(' and ')} ${known.length === 1 ? 'has' : 'have'} no ${quoted(category ?? '')}`
  const catalogue = catalogueOf(category)
  if (catalogue === undefined) return
  for (const field of fields)
    if (!catalogue(field)) yield `${quoted(category ?? '')} has no field ${quoted(field)}`
}

/** Whether a category has a field; undefined where its fields are those of the records themselves. */
function catalogueOf(category: string | undefined): ((field: string) => boolean) | undefined {
  const fields = EXTENSIONS[category ?? ''] ?? SIGMA_CATEGORIES[category ?? '']
  if (fields === undefined) return undefined
  return (field) => Object.hasOwn(fields, field) || Object.hasOwn(RESOURCE_ATTRIBUTES, field)
}

function isSource(name: string): name is SourceName {
  return SOURCE_NAMES.some((source) => source === name)
}

/** One finding for each log source that rules read and no assumption is about; none where nothing is assumed at all. */
function unassumed(context: LintContext): readonly LintFinding[] {
  const { assumptions } = context.strategy
  if (assumptions.length === 0) return []
  const told = new Set<string>()
  return context.rules.flatMap((rule) => {
    const name = nameOf(rule)
    if (name === '' || told.has(name) || assumptions.some((one) => isAbout(one, rule))) return []
    told.add(name)
    return [
      context.finding(
        'ADS033',
        'warning',
        rule.line,
        `the rule ${quoted(rule.title)} reads ${quoted(name)}, of which no assumption says that it arrives`,
        'Add to ads:assume which source tells it, with the fields that the rule reads.',
      ),
    ]
  })
}

function nameOf({ logsource, correlation }: LoadedRule): string {
  return correlation === undefined ? (logsource.category ?? logsource.service ?? '') : ''
}

function isAbout({ category, service }: Assumption, { logsource }: LoadedRule): boolean {
  if (logsource.category !== undefined) return category === logsource.category
  return service === logsource.service
}
