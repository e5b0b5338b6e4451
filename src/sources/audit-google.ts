import type { Unwrapped } from './audit-unwrapped.ts'
import { isObject, known, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

/** A method of the Kubernetes API as Cloud Audit Logs names it. */
interface Method {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string | undefined
  readonly verb: string
}

/**
 * Puts a Cloud Audit Logs entry (LogEntry with protoPayload AuditLog) of a GKE cluster into the shape of an
 * audit Event. Entries of other Google services are `other`.
 */
export function googleAudit(entry: JsonObject): Unwrapped {
  const payload = objectOf(entry['protoPayload'])
  const permissions = [...listOf(payload['authorizationInfo']), ...listOf(entry['authorizationInfo'])].filter(
    isObject,
  )
  const permission = permissions.find(
    (granted) => textOf(granted['permission'])?.startsWith('io.k8s.') === true,
  )
  const method = methodOf(payload['methodName']) ?? methodOf(permission?.['permission'])
  if (method === undefined) return { kind: 'other' }
  const denied = permission?.['granted'] === false
  const cluster = textOf(objectOf(objectOf(entry['resource'])['labels'])['cluster_name'])
  const event = known({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: textOf(entry['insertId']),
    stage: 'ResponseComplete',
    verb: method.verb,
    user: { username: textOf(objectOf(payload['authenticationInfo'])['principalEmail']) ?? '' },
    ...callerOf(objectOf(payload['requestMetadata'])),
    objectRef: objectRefOf(method, textOf(payload['resourceName']) ?? textOf(permission?.['resource'])),
    ...bodiesOf(payload, denied),
    annotations: isObject(entry['labels']) ? entry['labels'] : undefined,
    requestReceivedTimestamp: textOf(entry['timestamp']) ?? textOf(payload['timestamp']),
    timestamp: textOf(entry['receiveTimestamp']),
  })
  return { kind: 'audit', event, provider: 'gcp', ...(cluster !== undefined && { cluster }) }
}

/** `io.k8s.core.v1.pods.exec.create`: reversed group, version, resource, subresource, verb. */
function methodOf(name: unknown): Method | undefined {
  const parts = typeof name === 'string' && name.length < 512 ? name.split('.') : []
  const version = parts.findIndex((part) => /^v\d+(?:(?:alpha|beta)\d+)?$/.test(part))
  const resource = parts[version + 1]
  const verb = parts.at(-1)
  if (parts[0] !== 'io' || version < 2 || resource === undefined || verb === undefined) return undefined
  if (version + 2 >= parts.length) return undefined
  return {
    group: groupOf(parts.slice(1, version)),
    version: parts[version] ?? '',
    resource,
    subresource: parts.length > version + 3 ? parts.slice(version + 2, -1).join('/') : undefined,
    verb,
  }
}

const PLAIN_GROUPS = new Set(['apps', 'batch', 'autoscaling', 'policy', 'extensions'])

function groupOf(reversed: readonly string[]): string {
  const [first, ...rest] = reversed
  if (first !== 'k8s') return [...reversed].reverse().concat('io').join('.')
  if (rest.length === 1 && rest[0] === 'core') return ''
  const group = [...rest].reverse().join('.')
  return PLAIN_GROUPS.has(group) ? group : `${group}.k8s.io`
}

/** `core/v1/namespaces/default/pods/web/exec` names the object; the method knows the resource. */
function objectRefOf(method: Method, resourceName: string | undefined): JsonObject {
  const segments = (resourceName ?? '').split('/').slice(2)
  const isNamespaced = segments[0] === 'namespaces' && segments.length > 2
  const [resource, name, ...sub] = isNamespaced ? segments.slice(2) : segments
  const isNamed = resource === method.resource && name !== undefined
  const subresource = method.subresource ?? (isNamed && sub.length > 0 ? sub.join('/') : undefined)
  return known({
    resource: method.resource,
    subresource,
    namespace: isNamespaced || method.resource === 'namespaces' ? segments[1] : undefined,
    name: isNamed ? name : undefined,
    apiGroup: method.group === '' ? undefined : method.group,
    apiVersion: method.version,
  })
}

function callerOf(metadata: JsonObject): JsonObject {
  const address = textOf(metadata['callerIp']) ?? textOf(metadata['callerIP'])
  return {
    sourceIPs: address === undefined ? undefined : [address],
    userAgent: textOf(metadata['callerSuppliedUserAgent']),
  }
}

/** HTTP codes of the gRPC codes that the audit log uses (google.rpc.Code). */
const HTTP_CODES: Readonly<Record<number, number>> = {
  3: 400,
  5: 404,
  6: 409,
  7: 403,
  9: 400,
  10: 409,
  16: 401,
}

function bodiesOf(payload: JsonObject, denied: boolean): JsonObject {
  const { request, response } = payload
  const result = objectOf(response)
  const failure = result['kind'] === 'Status' || typeof result['status'] === 'string'
  return {
    requestObject: isObject(request) ? request : undefined,
    responseObject: isObject(response) && !failure ? response : undefined,
    responseStatus: statusOf(objectOf(payload['status'])['code'], failure ? result : undefined, denied),
  }
}

function statusOf(code: unknown, status: JsonObject | undefined, denied: boolean): JsonObject | undefined {
  if (denied) return { code: 403, status: 'Failure' }
  if (status !== undefined)
    return known({ code: status['code'], status: status['status'], reason: status['reason'] })
  if (typeof code !== 'number' || code === 0) return undefined
  return { code: HTTP_CODES[code] ?? 500, status: 'Failure' }
}
