import type { Unwrapped } from './audit-unwrapped.ts'
import { known, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

const OPERATION = /^microsoft\.(?:containerservice\/managedclusters|kubernetes\/connectedclusters)\/(.+)$/i

/** WRITE creates or replaces; which of them, the log does not say. */
const VERBS: Readonly<Record<string, string>> = {
  write: 'create',
  read: 'get',
  delete: 'delete',
  action: 'create',
}

/**
 * Puts an entry of the Azure Activity log about a managed or connected cluster into the shape of an audit
 * Event; undefined for any other record. Operations on the cluster itself have the resource `managedclusters`.
 */
export function azureActivity(entry: JsonObject): Unwrapped | undefined {
  const name = entry['operationName']
  const operation = OPERATION.exec(textOf(name) ?? textOf(objectOf(name)['value']) ?? '')?.[1]?.toLowerCase()
  if (operation === undefined) return undefined
  const parts = operation.split('/')
  const verb = VERBS[parts.at(-1) ?? '']
  const ofObject = parts.length > 2 && parts[0]?.includes('.') === true
  const cluster = clusterOfResourceId(entry['resourceId'])
  const address = textOf(entry['callerIpAddress'])
  const event = known({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: textOf(entry['correlationId']) ?? textOf(entry['eventDataId']),
    stage: 'ResponseComplete',
    verb,
    user: { username: userOf(entry) ?? '' },
    sourceIPs: address === undefined ? undefined : [address],
    objectRef: known({
      apiGroup: ofObject ? parts[0] : 'microsoft.containerservice',
      resource: ofObject ? parts[1] : 'managedclusters',
      subresource: ofObject || parts.length < 2 ? undefined : parts.slice(0, -1).join('/'),
      name: ofObject ? textOf(entry['resourceId'])?.split('/').at(-1) : cluster,
    }),
    responseStatus: statusOf(entry),
    requestReceivedTimestamp: textOf(entry['time']) ?? textOf(entry['eventTimestamp']),
  })
  return { kind: 'audit', event, provider: 'azure', ...(cluster !== undefined && { cluster }) }
}

function userOf(entry: JsonObject): string | undefined {
  const claims = objectOf(objectOf(entry['identity'])['claims'])
  return (
    textOf(entry['caller']) ?? textOf(claims['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn'])
  )
}

function statusOf(entry: JsonObject): JsonObject | undefined {
  const code = Number(textOf(entry['resultSignature']))
  const failed = /^fail/i.test(textOf(entry['resultType']) ?? '')
  if (Number.isInteger(code) && code >= 100) return { code, status: failed ? 'Failure' : 'Success' }
  return failed ? { code: 500, status: 'Failure' } : undefined
}

/** The cluster in an Azure resource id. */
export function clusterOfResourceId(id: unknown): string | undefined {
  return typeof id === 'string' ? /\/(?:managed|connected)clusters\/([^/]+)/i.exec(id)?.[1] : undefined
}
