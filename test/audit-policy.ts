import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse'

/** A rule of an audit policy (https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/). */
interface PolicyRule {
  readonly level: AuditLevel
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  readonly resources?: readonly { readonly group: string; readonly resources?: readonly string[] }[]
  readonly nonResourceURLs?: readonly string[]
}

export interface AuditRequest {
  readonly user: string
  readonly groups?: readonly string[]
  readonly verb: string
  /** `pods`, `pods/exec`. */
  readonly resource: string
  /** Any where it is not known. */
  readonly group?: string | undefined
}

const FILE = resolve(import.meta.dirname, '../sensors/kubernetes/audit-policy.yaml')

export function auditPolicy(): {
  readonly rules: readonly PolicyRule[]
  readonly omitStages: readonly string[]
} {
  return parse(readFileSync(FILE, 'utf8')) as ReturnType<typeof auditPolicy>
}

/** The level of a request about a resource: that of the first rule that matches it, as an API server decides. */
export function auditLevel(rules: readonly PolicyRule[], request: AuditRequest): AuditLevel {
  return rules.find((rule) => matches(rule, request))?.level ?? 'None'
}

function matches(rule: PolicyRule, { user, groups = [], verb, resource, group }: AuditRequest): boolean {
  if (rule.users !== undefined && !rule.users.includes(user)) return false
  if (rule.userGroups !== undefined && !rule.userGroups.some((each) => groups.includes(each))) return false
  if (rule.verbs !== undefined && !rule.verbs.includes(verb)) return false
  if (rule.resources === undefined) return rule.nonResourceURLs === undefined
  return rule.resources.some(
    (of) =>
      (group === undefined || of.group === group) &&
      (of.resources === undefined ? group !== undefined : of.resources.includes(resource)),
  )
}
