import type { Resource } from '../domain/event.ts'
import { addressOf } from './address.ts'
import { connectionNames } from './connection-names.ts'
import type { Ends } from './connection-names.ts'
import { httpNames } from './http-names.ts'
import { isObject, known, listOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { WORKLOAD_ATTRIBUTES } from './workload-attributes.ts'

/** Both sides of a flow, turned so that the client is the one that opened the connection. */
export interface Sides {
  readonly client: JsonObject
  readonly server: JsonObject
  readonly ends: Ends
  /** Names that the server's address was looked up by, as Cilium's proxy saw them. */
  readonly names: readonly string[]
}

/** A flow is a packet, or a request; one of the way back has source and destination the other way round. */
export function sidesOf(flow: JsonObject): Sides {
  const [ip, transport] = [objectOf(flow['IP']), transportOf(flow)]
  const isReply = flow['is_reply'] === true || flow['reply'] === true
  const [from, to] = isReply ? (['destination', 'source'] as const) : (['source', 'destination'] as const)
  return {
    client: objectOf(flow[from]),
    server: objectOf(flow[to]),
    ends: {
      client: addressOf(ip[from]),
      clientPort: portOf(transport.ports[`${from}_port`]),
      server: addressOf(ip[to]),
      serverPort: portOf(transport.ports[`${to}_port`]),
    },
    names: textsOf(flow[`${to}_names`]),
  }
}

function transportOf(flow: JsonObject): {
  readonly protocol: string | undefined
  readonly ports: JsonObject
} {
  const [found] = Object.entries(objectOf(flow['l4']))
  return { protocol: found?.[0].slice(0, 16).toLowerCase(), ports: objectOf(found?.[1]) }
}

/** The names that rules use, beside Hubble's own. */
export function flowNames(flow: JsonObject, sides: Sides): JsonObject {
  const l7 = objectOf(flow['l7'])
  return {
    ...connectionNames(sides.ends, transportOf(flow).protocol, sides.names),
    ...peerNames('client', sides.client),
    ...peerNames('server', sides.server),
    ...(isObject(l7['dns']) && dnsNames(l7['dns'])),
    ...(isObject(l7['http']) && requestNames(l7['http'], sides)),
  }
}

/** Hubble knows the pods at both ends; those of other clusters are in no inventory. */
function peerNames(end: 'client' | 'server', side: JsonObject): JsonObject {
  return known({
    [`${end}.k8s.namespace.name`]: textOf(side['namespace']),
    [`${end}.k8s.pod.name`]: textOf(side['pod_name']),
  })
}

/** Names of the DNS end with a dot here, and in no rule. */
function dnsNames(dns: JsonObject): JsonObject {
  const types = textsOf(dns['qtypes'])
  const answers = [...textsOf(dns['ips']), ...textsOf(dns['cnames']).map(plainName)]
  return known({
    query: plainName(textOf(dns['query'])),
    record_type: types.length > 1 ? types : types[0],
    answer: answers.length > 0 ? answers : undefined,
  })
}

function plainName(name: string | undefined): string | undefined {
  return name !== undefined && name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name
}

function requestNames(http: JsonObject, { ends }: Sides): JsonObject {
  const header = (name: string): string | undefined =>
    textOf(
      listOf(http['headers'])
        .map(objectOf)
        .find(({ key }) => textOf(key)?.toLowerCase() === name)?.['value'],
    )
  const address = textOf(http['url'])
  const [, host, uri] = /^[a-z]+:\/\/([^/?]*)(.*)$/i.exec(address ?? '') ?? []
  return httpNames({
    method: textOf(http['method']),
    host: host === undefined || host === '' ? header('host') : host,
    uri: uri === undefined ? address : uri === '' ? '/' : uri,
    version: textOf(http['protocol']),
    userAgent: header('user-agent'),
    referrer: header('referer'),
    status: portOf(http['code']),
    client: ends.client,
    server: ends.server,
    serverPort: ends.serverPort,
  })
}

/** Where a side is: its pod, what owns it, and the node that told of it (`cluster/node` where there are several). */
export function placeOf(side: JsonObject, node: string | undefined): Resource {
  const slash = node?.indexOf('/') ?? -1
  const workload = listOf(side['workloads']).map(objectOf)[0]
  const owner = WORKLOAD_ATTRIBUTES[textOf(workload?.['kind']) ?? '']
  const cluster = textOf(side['cluster_name']) ?? (slash > 0 ? node?.slice(0, slash) : undefined)
  return known({
    'k8s.node.name': node?.slice(slash + 1),
    'k8s.cluster.name': cluster,
    'k8s.namespace.name': textOf(side['namespace']),
    'k8s.pod.name': textOf(side['pod_name']),
    ...(owner !== undefined && { [owner]: textOf(workload?.['name']) }),
  }) as Resource
}

function portOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}
