import type { Event, EventLogsource, Fact, Finding } from '../domain/event.ts'
import { contentOf, OWN_NAMES, servedBy } from './events.ts'
import { flowNames, placeOf, sidesOf } from './hubble-flow.ts'
import { isObject, jsonText, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'
import { lostOf } from './lost-of.ts'

/** What a flow tells, and what Sigma has for it; on which system the ends run, the network does not say. */
const LOGSOURCES = {
  connection: flowSource('network_connection', 'firewall'),
  dns: flowSource('dns'),
  http: flowSource('proxy', 'webserver'),
  agent: Object.freeze({ product: 'hubble', service: 'agent_event' }),
} satisfies Readonly<Record<string, EventLogsource>>

function flowSource(...categories: readonly string[]): EventLogsource {
  return Object.freeze({
    product: 'hubble',
    service: 'flow',
    also: categories.map((category) => ({ category })),
  })
}

/** What stands in a line of Hubble's exporter or of `hubble observe -o json`: exactly one of these. */
const KINDS = ['flow', 'lost_events', 'node_status', 'agent_event', 'debug_event'] as const

/**
 * Flows of Cilium's Hubble (https://docs.cilium.io/en/stable/_api/v1/flow/README/), of which older versions write
 * the flow alone. What its ring buffers lost is a finding.
 */
export const hubble = defineSource({
  name: 'hubble',
  title: 'Hubble flows',
  serves: servedBy(Object.values(LOGSOURCES)),
  recognise: ({ json }) => isHubble(json),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isHubble(json: unknown): json is JsonObject {
  if (!isObject(json)) return false
  return (
    isBareFlow(json) || KINDS.some((kind) => isObject(json[kind]) && ('time' in json || 'node_name' in json))
  )
}

function isBareFlow(json: JsonObject): boolean {
  return typeof json['verdict'] === 'string' && isObject(json['IP']) && 'Type' in json
}

function decode(record: FramedRecord): Decoded {
  const { json } = record
  if (!isHubble(json)) return failed('not a record of Hubble')
  const outer = isBareFlow(json) ? { flow: json } : json
  const flow = objectOf(outer['flow'])
  const node = textOf(json['node_name']) ?? textOf(flow['node_name'])
  const stamp = textOf(json['time']) ?? textOf(flow['time'])
  const time = timeOf(stamp)
  if (time === undefined) return failed('hubble: record without a time')
  const content = contentOf(jsonText(json))
  const identity = { id: `hubble:${stamp}:${(node ?? '').slice(0, 256)}:${content}`, content }
  const at = { record, time, node }
  const events = isObject(outer['flow'])
    ? [flowEvent(flow, at)]
    : isObject(json['agent_event'])
      ? [agentEvent(json, at)]
      : []
  const facts = [...findings(json, at)].map((finding): Fact => ({ kind: 'finding', finding }))
  return { kind: 'evaluated', events, facts, identity }
}

/** Of one record: where it stands, when it was, and on which node. */
interface At {
  readonly record: FramedRecord
  readonly time: number
  readonly node: string | undefined
}

function flowEvent(flow: JsonObject, { record, time, node }: At): Event {
  const sides = sidesOf(flow)
  const l7 = objectOf(flow['l7'])
  const category = isObject(l7['dns']) ? 'dns' : isObject(l7['http']) ? 'http' : 'connection'
  return {
    id: `${record.stream}@${record.position}`,
    time,
    source: 'hubble',
    logsource: LOGSOURCES[category],
    resource: placeOf(sides.client, node),
    record: { ...flow, ...flowNames(flow, sides) },
    mapping: OWN_NAMES,
    ...(sides.ends.client !== undefined &&
      sides.ends.server !== undefined && { flow: { client: sides.ends.client, server: sides.ends.server } }),
  }
}

/** What the agent did: policies that came, changed and went, endpoints, services. */
function agentEvent(json: JsonObject, { record, time, node }: At): Event {
  return {
    id: `${record.stream}@${record.position}`,
    time,
    source: 'hubble',
    logsource: LOGSOURCES.agent,
    resource: placeOf({}, node),
    record: objectOf(json['agent_event']),
    mapping: OWN_NAMES,
  }
}

function* findings(json: JsonObject, { time, node }: At): Iterable<Finding> {
  const base = { about: 'hubble', until: time, ...(node !== undefined && { resource: placeOf({}, node) }) }
  const lost = json['lost_events']
  if (isObject(lost)) {
    const [first, last] = [timeOf(lost['first']), timeOf(lost['last'])]
    const ring = textOf(lost['source'])?.slice(0, 64) ?? 'an unnamed buffer'
    yield {
      ...base,
      id: `hubble:lost:${node ?? ''}:${ring}:${time}`,
      kind: 'producer-loss',
      since: Math.min(first ?? time, time),
      until: Math.min(last ?? time, time),
      message: `Hubble lost ${countOf(lost['num_events_lost'])} events in ${ring}`,
      ...lostOf('hubble', lost['num_events_lost']),
    }
  }
  const status = objectOf(json['node_status'])
  const state = textOf(status['state_change'])?.slice(0, 64)
  if (state === undefined || state === 'NODE_CONNECTED') return
  yield {
    ...base,
    id: `hubble:status:${node ?? ''}:${state}:${time}`,
    kind: 'unobserved-interval',
    since: time,
    message: `Hubble Relay says ${state} of ${nodesOf(status['node_names'])}: their flows are not told`,
  }
}

function countOf(value: unknown): string {
  const text =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
  return /^\d{1,20}$/.test(text) ? text : 'an unknown number of'
}

function nodesOf(value: unknown): string {
  const names = textsOf(value).slice(0, 5)
  return names.length === 0 ? 'its nodes' : names.map((name) => name.slice(0, 128)).join(', ')
}
