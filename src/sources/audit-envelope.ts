import { googleAudit } from './audit-google.ts'
import { azureActivity, clusterOfResourceId } from './audit-azure.ts'
import type { Unwrapped } from './audit-unwrapped.ts'
import { isObject, objectOf, textOf, tryParseJson } from './json.ts'
import type { JsonObject } from './json.ts'

/** Whether the record is an audit Event or one of the envelopes that managed clusters put around it. */
export function isAuditRecord(json: unknown): boolean {
  if (!isObject(json)) return false
  return (
    isAuditEvent(json) ||
    isGoogleEntry(json) ||
    isAzureDiagnostics(json) ||
    azureActivity(json) !== undefined ||
    isCloudWatchMessage(json)
  )
}

/** The audit Event in a record that `isAuditRecord`. */
export function unwrapAudit(json: JsonObject): Unwrapped {
  if (isAuditEvent(json)) return { kind: 'audit', event: json, ...amazonOf(json) }
  if (isGoogleEntry(json)) return googleAudit(json)
  if (isAzureDiagnostics(json)) return azureDiagnostics(json)
  const activity = azureActivity(json)
  if (activity !== undefined) return activity
  const text = textOf(json['message']) ?? ''
  const event = tryParseJson(text)
  if (!isObject(event)) return { kind: 'broken', reason: 'audit envelope without a JSON message' }
  return isAuditEvent(event) ? { kind: 'audit', event, provider: 'aws' } : { kind: 'other' }
}

/** Records that a batch carries: EventList (audit webhook), CloudWatch Logs subscriptions, Event Hubs. */
export function splitAudit(json: unknown): readonly unknown[] | undefined {
  if (!isObject(json)) return undefined
  const { items, logEvents, records } = json
  if (json['kind'] === 'EventList' && Array.isArray(items) && isAuditVersion(json['apiVersion'])) return items
  if (json['messageType'] === 'DATA_MESSAGE' && Array.isArray(logEvents)) return logEvents
  if (Array.isArray(records) && isObject(records[0]) && isAuditRecord(records[0])) return records
  return undefined
}

function isAuditVersion(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('audit.k8s.io/')
}

/** `audit.k8s.io/…` says so; records of before, and some exports, have no apiVersion. */
function isAuditEvent(json: JsonObject): boolean {
  if (json['kind'] === 'Event' && isAuditVersion(json['apiVersion'])) return true
  return (
    (json['kind'] === undefined || json['kind'] === 'Event') &&
    json['apiVersion'] === undefined &&
    typeof json['auditID'] === 'string' &&
    (typeof json['verb'] === 'string' || typeof json['requestURI'] === 'string')
  )
}

/** EKS puts the IAM identity into user.extra. */
function amazonOf(event: JsonObject): { readonly provider?: 'aws' } {
  const extra = objectOf(event['user'])['extra']
  return isObject(extra) && ('arn' in extra || 'accessKeyId' in extra) ? { provider: 'aws' } : {}
}

function isGoogleEntry(json: JsonObject): boolean {
  const payload = json['protoPayload']
  return isObject(payload) && typeof payload['methodName'] === 'string'
}

function isAzureDiagnostics(json: JsonObject): boolean {
  const { category, properties } = json
  if (typeof category !== 'string' || !AZURE_CATEGORIES.has(category)) return false
  return typeof properties === 'string' || typeof objectOf(properties)['log'] === 'string'
}

/** Log categories of a managed cluster (AKS resource logs); only the first two hold audit Events. */
const AZURE_CATEGORIES = new Set([
  'kube-audit',
  'kube-audit-admin',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'cluster-autoscaler',
  'cloud-controller-manager',
  'guard',
])

function azureDiagnostics(json: JsonObject): Unwrapped {
  if (!String(json['category']).startsWith('kube-audit')) return { kind: 'other' }
  const { properties } = json
  const details = typeof properties === 'string' ? tryParseJson(properties) : properties
  const text = textOf(objectOf(details)['log'])?.trim() ?? ''
  const event = tryParseJson(text)
  if (!isObject(event)) return { kind: 'broken', reason: 'properties.log is not JSON' }
  const cluster = clusterOfResourceId(json['resourceId'])
  return { kind: 'audit', event, provider: 'azure', ...(cluster !== undefined && { cluster }) }
}

function isCloudWatchMessage(json: JsonObject): boolean {
  const { message } = json
  return typeof message === 'string' && message.startsWith('{') && message.includes('audit.k8s.io/')
}
