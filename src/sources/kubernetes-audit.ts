import type { Event, EventLogsource, Fact, Mapping, Resource } from '../domain/event.ts'
import { isAuditRecord, splitAudit, unwrapAudit } from './audit-envelope.ts'
import type { Unwrapped } from './audit-unwrapped.ts'
import { isCertificateRequest, requestedFields } from './certificate-request.ts'
import { createdFacts } from './created-object.ts'
import { podAddressFacts } from './pod-addresses.ts'
import { podContainers } from './pod-spec.ts'
import type { PodOrigin } from './pod-spec.ts'
import { specEvents } from './container-spec.ts'
import { contentOf, servedBy } from './events.ts'
import type { EventBase } from './events.ts'
import { execEvents } from './exec-record.ts'
import { isObject, jsonText, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { commandsOf } from './shell.ts'
import { queryValues } from './request-query.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord, Identity } from './source.ts'
import { timeOf } from './time.ts'
import { attributeOf, controllerOf, ownerAttributes, templateOf } from './workload.ts'

const AUDIT: EventLogsource = Object.freeze({
  product: 'kubernetes',
  service: 'audit',
  // half of the public rules name the category of applications as well
  also: [{ product: 'kubernetes', category: 'application', service: 'audit' }],
})
/** Fields that public rules name without the path that leads there. */
const MAPPING: Mapping = Object.freeze({
  apiGroup: [['objectRef', 'apiGroup']],
  hostPath: [
    ['requestObject', 'spec', 'volumes', 'hostPath', 'path'],
    ['responseObject', 'spec', 'volumes', 'hostPath', 'path'],
  ],
  capabilities: [
    ['requestObject', 'spec', 'containers', 'securityContext', 'capabilities', 'add'],
    ['requestObject', 'spec', 'initContainers', 'securityContext', 'capabilities', 'add'],
  ],
})
const NOTHING: Decoded = { kind: 'evaluated', events: [], facts: [] }

/**
 * The API server's audit log (audit.k8s.io), as file, webhook, or in the envelopes of EKS, AKS and GKE. Each
 * record is one event under its own field names; specifications in its bodies become container_create,
 * container_mount and container_exec events.
 */
export const kubernetesAudit = defineSource({
  name: 'kubernetes.audit',
  title: 'Kubernetes audit log',
  serves: [
    ...servedBy([AUDIT]),
    ...['container_create', 'container_mount', 'container_exec'].map((category) => ({
      product: 'kubernetes',
      category,
    })),
  ],
  recognise: (record) => isAuditRecord(record.json),
  split: splitAudit,
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

type Audit = Extract<Unwrapped, { kind: 'audit' }>

function decode(record: FramedRecord): Decoded {
  if (!isObject(record.json)) return failed('not an audit Event')
  const unwrapped = unwrapAudit(record.json)
  if (unwrapped.kind === 'other') return NOTHING
  if (unwrapped.kind === 'broken') return failed(unwrapped.reason)
  const { event } = unwrapped
  if (!saysWhat(event)) return failed('audit Event without a verb')
  const time = eventTime(event) ?? record.received
  if (time === undefined) return failed('audit Event without a time')
  const identity = identityOf(event)
  const id =
    identity === undefined
      ? `${record.stream}@${record.position}`
      : `${identity.id}@${identity.content.slice(0, 12)}`
  const resource = resourceOf(unwrapped)
  const first: Event = {
    id,
    time,
    source: 'kubernetes.audit',
    logsource: AUDIT,
    resource,
    record: isCertificateRequest(event) ? { ...event, ...requestedFields(event) } : event,
    mapping: MAPPING,
  }
  const derived = derivedEvents(
    { id, time, source: 'kubernetes.audit', product: 'kubernetes', resource },
    event,
  )
  const events = derived.length === 0 ? [first] : [first, ...derived]
  return {
    kind: 'evaluated',
    events,
    facts: factsOf(event, time, resource),
    ...(identity !== undefined && { identity }),
  }
}

function factsOf(
  event: JsonObject,
  time: number,
  { 'user.name': _user, ...said }: Resource,
): readonly Fact[] {
  const { resource, subresource } = objectOf(event['objectRef'])
  if (!succeeded(event) || !isComplete(event) || isDryRun(event)) return []
  const created = (subresource ?? '') === '' && isCreation(event, resource) ? createdFacts(event, time) : []
  if (resource !== 'pods' || !['', 'status'].includes(textOf(subresource) ?? '')) return created
  const { verb, responseObject } = event
  if (verb !== 'delete' && !(typeof verb === 'string' && WRITES.has(verb))) return []
  const addresses = podAddressFacts({ verb, responseObject }, time, {
    ...said,
    ...ownerAttributes(objectOf(responseObject)),
  })
  return [...created, ...addresses]
}

/** Whether the request made a pod or workload; one that is applied may. */
function isCreation({ verb, responseStatus }: JsonObject, resource: unknown): boolean {
  const isWritten = verb === 'create' || (verb === 'patch' && objectOf(responseStatus)['code'] === 201)
  return (
    isWritten && typeof resource === 'string' && (resource === 'pods' || Object.hasOwn(WORKLOADS, resource))
  )
}

/** A verb; or, from pipelines that drop it, at least what was asked for. */
function saysWhat(event: JsonObject): boolean {
  const { verb } = event
  return verb === undefined
    ? isObject(event['objectRef']) || textOf(event['requestURI']) !== undefined
    : textOf(verb) !== undefined
}

function eventTime(event: JsonObject): number | undefined {
  return (
    timeOf(event['stageTimestamp']) ??
    timeOf(event['requestReceivedTimestamp']) ??
    timeOf(event['timestamp']) ??
    timeOf(objectOf(event['metadata'])['creationTimestamp'])
  )
}

/**
 * The content is the same however a record was written: an API server's log and its webhook differ in `kind` and
 * `apiVersion`, which items of a list do not have, and in how characters are escaped, and not in the order of members.
 */
function identityOf(event: JsonObject): Identity | undefined {
  const { kind: _kind, apiVersion: _apiVersion, ...said } = event
  const auditId = textOf(said['auditID'])
  if (auditId === undefined || auditId.length > 256) return undefined
  return { id: `audit:${auditId}:${textOf(said['stage']) ?? ''}`, content: contentOf(jsonText(said)) }
}

function resourceOf({ event, provider, cluster }: Audit): Resource {
  const resource: Record<string, string> = {}
  const target = objectOf(event['objectRef'])
  const namespace = textOf(target['namespace'])
  if (namespace !== undefined) resource['k8s.namespace.name'] = namespace
  if (target['resource'] === 'pods') {
    const pod = podName(event, target)
    if (pod !== undefined) resource['k8s.pod.name'] = pod
  }
  const user = textOf(objectOf(event['user'])['username'])
  if (user !== undefined) resource['user.name'] = user
  if (provider !== undefined) resource['cloud.provider'] = provider
  if (cluster !== undefined) resource['k8s.cluster.name'] = cluster
  return resource
}

/** A pod that is about to be created may have no name yet: its prefix with a star then. */
function podName(event: JsonObject, target: JsonObject): string | undefined {
  const named = textOf(target['name'])
  if (named !== undefined) return named
  const answered = objectOf(objectOf(event['responseObject'])['metadata'])
  const asked = objectOf(objectOf(event['requestObject'])['metadata'])
  const prefix = textOf(answered['generateName']) ?? textOf(asked['generateName'])
  return (
    textOf(answered['name']) ?? textOf(asked['name']) ?? (prefix === undefined ? undefined : `${prefix}*`)
  )
}

/** Resources whose bodies hold a pod template, and their kinds. */
const WORKLOADS: Readonly<Record<string, string>> = {
  deployments: 'Deployment',
  daemonsets: 'DaemonSet',
  statefulsets: 'StatefulSet',
  replicasets: 'ReplicaSet',
  replicationcontrollers: 'ReplicationController',
  jobs: 'Job',
  cronjobs: 'CronJob',
}
const WRITES = new Set(['create', 'update', 'patch'])

function derivedEvents(base: EventBase, event: JsonObject): readonly Event[] {
  const target = objectOf(event['objectRef'])
  const { resource, subresource } = target
  if (typeof resource !== 'string') return []
  const verb = event['verb']
  if (resource === 'pods' && subresource === 'exec') {
    return succeeded(event) && isAnswered(event) ? execOf(base, event) : []
  }
  if (typeof verb !== 'string' || !WRITES.has(verb) || !succeeded(event) || isDryRun(event)) return []
  if (resource === 'pods' && subresource === 'ephemeralcontainers') return ephemeralOf(base, event)
  if ((subresource ?? '') !== '' || !isComplete(event)) return []
  if (resource === 'pods') return verb === 'create' || touchesSpec(event) ? podOf(base, event) : []
  const workload = Object.hasOwn(WORKLOADS, resource) ? WORKLOADS[resource] : undefined
  return workload === undefined ? [] : workloadOf(base, event, workload)
}

/** No code, or one that is not an error: 101 is an exec over WebSocket. */
function succeeded(event: JsonObject): boolean {
  const status = objectOf(event['responseStatus'])
  const code = status['code']
  return status['status'] !== 'Failure' && (typeof code !== 'number' || code < 300)
}

function isComplete(event: JsonObject): boolean {
  const stage = event['stage']
  return stage === undefined || stage === 'ResponseComplete'
}

/** An exec is told of when it begins and when it ends, and an audit policy may leave one of them out. */
function isAnswered(event: JsonObject): boolean {
  return event['stage'] === 'ResponseStarted' || isComplete(event)
}

function isDryRun(event: JsonObject): boolean {
  return queryValues(event['requestURI'], 'dryRun').includes('All')
}

/**
 * Whether an update or patch made the object (server-side apply) or has a specification in it. Kubelets and
 * controllers patch the metadata of every pod.
 */
function touchesSpec(event: JsonObject): boolean {
  if (objectOf(event['responseStatus'])['code'] === 201) return true
  const { requestObject } = event
  if (!Array.isArray(requestObject)) return isObject(objectOf(requestObject)['spec'])
  return requestObject.some((operation) => {
    const path = objectOf(operation)['path']
    return typeof path === 'string' && /^(?:$|\/spec(?:\/|$))/.test(path)
  })
}

/**
 * The object as it is now. Where the log has no answers (level Request), what was asked for: a whole object, or
 * as much of it as a merge patch names. A JSON patch is a list of operations, from which no object can be told.
 */
function bodyOf(event: JsonObject): JsonObject | undefined {
  const { responseObject, requestObject } = event
  if (isObject(responseObject) && isObject(responseObject['spec'])) return responseObject
  return isObject(requestObject) && isObject(requestObject['spec']) ? requestObject : undefined
}

function podOf(base: EventBase, event: JsonObject): readonly Event[] {
  const body = bodyOf(event)
  return body === undefined
    ? []
    : containersOf(base, event, body, originOfPod(body, event), ownerAttributes(body))
}

/** Ephemeral containers are only ever added: those in a patch stand there whole. */
function ephemeralOf(base: EventBase, event: JsonObject): readonly Event[] {
  if (event['stage'] === 'RequestReceived' || event['stage'] === 'Panic') return []
  const body = bodyOf(event) ?? (isObject(event['requestObject']) ? event['requestObject'] : undefined)
  if (body === undefined) return []
  const asked = new Set(ephemeralNames(event['requestObject']))
  const spec = objectOf(body['spec'])
  const added = listOf(spec['ephemeralContainers']).filter(
    (one) => asked.size === 0 || asked.has(objectOf(one)['name']),
  )
  const pod = { ...body, spec: { ...spec, ephemeralContainers: added } }
  return containersOf(
    base,
    event,
    pod,
    { ...originOfPod(body, event), ephemeralOnly: true },
    ownerAttributes(body),
  )
}

function ephemeralNames(body: unknown): readonly unknown[] {
  return listOf(objectOf(objectOf(body)['spec'])['ephemeralContainers']).map((one) => objectOf(one)['name'])
}

function originOfPod(pod: JsonObject, event: JsonObject): PodOrigin {
  const owner = controllerOf(pod)
  const userAgent = textOf(event['userAgent'])
  return { kind: 'Pod', ...(owner !== undefined && { owner }), ...(userAgent !== undefined && { userAgent }) }
}

function workloadOf(base: EventBase, event: JsonObject, kind: string): readonly Event[] {
  const body = bodyOf(event)
  const template = body === undefined ? undefined : templateOf(kind, body)
  if (body === undefined || template === undefined) return []
  const name = textOf(objectOf(event['objectRef'])['name']) ?? textOf(objectOf(body['metadata'])['name'])
  const owner = { kind: controllerOf(body)?.kind ?? kind, name: name ?? '' }
  const userAgent = textOf(event['userAgent'])
  const origin = { kind, owner, ...(userAgent !== undefined && { userAgent }) }
  return containersOf(base, event, template, origin, { ...ownerAttributes(body), ...attributeOf(kind, name) })
}

function containersOf(
  base: EventBase,
  event: JsonObject,
  pod: JsonObject,
  origin: PodOrigin,
  owner: Readonly<Record<string, string>>,
): readonly Event[] {
  const metadata = objectOf(objectOf(event['responseObject'])['metadata'])
  const uid = origin.kind === 'Pod' ? textOf(metadata['uid']) : undefined
  const namespace = textOf(metadata['namespace']) ?? textOf(objectOf(pod['metadata'])['namespace'])
  const node = textOf(objectOf(pod['spec'])['nodeName'])
  const shared: Resource = {
    ...(namespace !== undefined && { 'k8s.namespace.name': namespace }),
    ...base.resource,
    ...owner,
    ...(uid !== undefined && { 'k8s.pod.uid': uid }),
    ...(node !== undefined && { 'k8s.node.name': node }),
  }
  return podContainers(pod, origin).flatMap((container, index) =>
    specEvents(
      {
        ...base,
        id: index === 0 ? base.id : `${base.id}#${index}`,
        resource: { ...shared, ...container.resource },
      },
      container.spec,
    ),
  )
}

const MAX_ARGUMENTS = 1_024

function execOf(base: EventBase, event: JsonObject): readonly Event[] {
  const uri = event['requestURI']
  const argv = queryValues(uri, 'command').slice(0, MAX_ARGUMENTS)
  if (argv.length === 0) return []
  const [container] = queryValues(uri, 'container')
  const resource =
    container === undefined ? base.resource : { ...base.resource, 'k8s.container.name': container }
  const events = execEvents({ ...base, resource }, commandsOf(argv), {
    origin: 'exec',
    containerType: 'container',
  })
  const session = sessionOf(event)
  return session === undefined
    ? events
    : events.map((one, index) => ({ ...one, once: `${session}#${index}` }))
}

/**
 * The same for the beginning and the end of one exec, which may stand in different files. A client may choose
 * the audit id (header Audit-ID), so it takes in what was asked for, by whom and when.
 */
function sessionOf(event: JsonObject): string | undefined {
  const auditId = textOf(event['auditID'])
  if (auditId === undefined || auditId.length > 256) return undefined
  const asked = [event['requestURI'], objectOf(event['user'])['username'], event['requestReceivedTimestamp']]
  return `audit-exec:${auditId}:${contentOf(jsonText(asked))}`
}
