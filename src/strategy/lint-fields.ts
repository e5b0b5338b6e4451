import { EXTENSIONS, RESOURCE_ATTRIBUTES, SIGMA_CATEGORIES } from '../domain/fields.ts'
import { isProvided, wrongLogsource } from '../domain/provided-fields.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import { quoted } from './lint-context.ts'
import type { Check } from './lint-context.ts'

/** Rules for what no source tells, and fields that no source fills, by itself or by a setting that ships: 022. */
export const lintFields: Check = (context) =>
  context.rules.flatMap((rule) =>
    [...wrongLogsources(rule), ...new Set(wrongFields(rule, context.rules))].map((message) =>
      context.finding(
        'ADS022',
        'error',
        rule.line,
        message,
        'See the field catalogue: tallyman fields list.',
      ),
    ),
  )

function wrongLogsources({ logsource, correlation, baseline }: LoadedRule): readonly string[] {
  const wrong = correlation === undefined && baseline === undefined ? wrongLogsource(logsource) : undefined
  return wrong === undefined ? [] : [wrong]
}

/** Members of an event of the audit log (https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/). */
const AUDIT_EVENT = new Set(
  `kind apiVersion level auditID stage requestURI verb user impersonatedUser authenticationMetadata sourceIPs userAgent
   objectRef responseStatus requestObject responseObject requestReceivedTimestamp stageTimestamp annotations`.split(
    /\s+/,
  ),
)

/** What is read out of it where it holds a request for a certificate. */
const OF_A_REQUEST = new Set(['certificate.cn', 'certificate.organizations'])

const unknownTo =
  (where: string) =>
  (field: string): string =>
    `no source of ${where} has the field ${quoted(field)}`

/**
 * Categories of ours, and those of Sigma as Linux and the network fill them, have a closed list of fields; other log
 * sources have the fields of their own records.
 */
function wrongFields(rule: LoadedRule, rules: readonly LoadedRule[]): readonly string[] {
  const { baseline } = rule
  if (baseline !== undefined)
    return baseline.inputs.flatMap((input) => wrongIn(input.rule, rule.fields.filter(isRead), rules))
  // a correlation reads the fields of its rules' events
  if (rule.correlation !== undefined)
    return rule.correlation.inputs.flatMap((input) =>
      wrongIn(input.rule, input.groupBy.filter(isRead), rules),
    )
  const { logsource } = rule
  const { category = '', product = 'linux' } = logsource
  const fields = EXTENSIONS[category] ?? (product === 'linux' ? SIGMA_CATEGORIES[category] : undefined)
  const read = rule.fields.filter((field) => !Object.hasOwn(RESOURCE_ATTRIBUTES, field))
  if (product === 'kubernetes' && logsource.service === 'audit')
    return read
      .filter((field) => !AUDIT_EVENT.has(field.split('.')[0] ?? '') && !OF_A_REQUEST.has(field))
      .map(unknownTo('the audit log'))
  if (fields === undefined) return []
  const name = quoted(category)
  return read.flatMap((field) => {
    if (!Object.hasOwn(fields, field)) return [unknownTo(name)(field)]
    if (isProvided(logsource, field)) return []
    return [`no source fills ${quoted(field)} in ${name}, by itself or by a setting that ships`]
  })
}

/** Of fields that something reads from the events of one of its rules; firings of others have fields of their own. */
function wrongIn(id: string, fields: readonly string[], rules: readonly LoadedRule[]): readonly string[] {
  const input = rules.find(
    (other) => other.id === id && other.correlation === undefined && other.baseline === undefined,
  )
  return input === undefined ? [] : wrongFields({ ...input, fields }, rules)
}

/** Groups by whom an event is about are of no field. */
function isRead(field: string): boolean {
  return field !== 'entity' && field !== 'workload'
}
