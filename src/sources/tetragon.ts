import type { Event, Fact, Finding, Logsource, Mapping, Resource } from '../domain/event.ts'
import { containerFact } from './bystander.ts'
import { contentOf } from './events.ts'
import { isObject, known, listOf, memberOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { LINUX, LINUX_MAPPING, listenFields, networkEnd, peerFields, processFields } from './linux-event.ts'
import { protoNumber } from './proto-json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoder } from './source.ts'
import { seenByProbe } from './tetragon-probe.ts'
import type { Seen } from './tetragon-probe.ts'
import { tetragonProcess, tetragonResource } from './tetragon-process.ts'
import { timeOf } from './time.ts'
import { lostOf } from './lost-of.ts'

/** What Tetragon's policies report, as another tool's alerts. */
const TETRAGON: Logsource = Object.freeze({ product: 'tetragon' })

/** The members of an event, one of which is there; `test` is what Tetragon emits to try itself. */
const KINDS = `
  process_exec process_exit process_kprobe process_tracepoint process_uprobe process_usdt process_lsm process_loader
  process_throttle process_connect process_close process_listen process_accept process_dns rate_limit_info test
`
  .trim()
  .split(/\s+/)

/** Reports of a policy: what they hook and what they say. */
const BY_POLICY = new Set([
  'process_kprobe',
  'process_tracepoint',
  'process_uprobe',
  'process_usdt',
  'process_lsm',
  'process_loader',
])

/** Policies that ship with Tallyman are telemetry, and no alerts of anybody. */
const OWN_POLICY = /^tallyman-/

/** Rules for Tetragon read its own names, without the kind of event before them. */
const MAPPING: Mapping = Object.freeze(
  Object.fromEntries(
    `policy_name function_name action return_action message tags args return symbol path subsys event
     process parent process.binary process.arguments process.cwd process.uid process.pid process.auid process.flags
     process.pod.namespace process.pod.name process.pod.container.id process.pod.container.name
     process.pod.container.image.name process.cap.effective process.cap.permitted parent.binary parent.arguments`
      .trim()
      .split(/\s+/)
      .map((name) => [name, [['entry', ...name.split('.')]]] as const),
  ),
)

/**
 * Tetragon's JSON export (https://tetragon.io/docs/reference/grpc-api/): programs that are started, what hooks of its
 * tracing policies saw, and what it did not post.
 */
export const tetragon = defineSource({
  name: 'tetragon',
  title: 'Tetragon events',
  serves: [TETRAGON, ...Object.values(LINUX)],
  recognise: ({ json }) => kindOf(json) !== undefined,
  decoder: createDecoder,
})

function kindOf(json: unknown): string | undefined {
  if (!isObject(json) || !('node_name' in json || 'time' in json)) return undefined
  const kind = KINDS.find((each) => Object.hasOwn(json, each))
  const entry = kind === undefined ? undefined : json[kind]
  if (!isObject(entry)) return undefined
  // anybody's word
  return kind === 'test' && !('node_name' in json && 'arg0' in entry) ? undefined : kind
}

/** So many control groups are remembered as throttled. */
const MAX_THROTTLED = 256

function createDecoder(checkpoint?: unknown): Decoder {
  const throttled = new Map(
    listOf(checkpoint).flatMap((pair): [string, number][] =>
      Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number'
        ? [[pair[0], pair[1]]]
        : [],
    ),
  )
  return {
    decode({ json, text, stream, position, received }) {
      const kind = kindOf(json)
      if (kind === undefined || !isObject(json)) return failed('not a Tetragon event')
      const entry = objectOf(memberOf(json, kind))
      const process = objectOf(entry['process'])
      const stated = statedTime(json, process)
      const time = stated ?? received
      if (time === undefined) return failed('Tetragon event without a time')
      const resource = tetragonResource(json, process)
      const base = { id: `${stream}@${position}`, time, source: 'tetragon', resource } as const
      const content = contentOf(text)
      return {
        kind: 'evaluated',
        events: [...telemetry(kind, entry, base), ...alert(kind, entry, base)],
        facts: [
          ...(kind === 'process_exec' ? containerFact(resource, time) : []),
          ...lossesOf(kind, entry, { time, resource, throttled }),
        ],
        ...(stated !== undefined && { identity: { id: `tetragon:${content}`, content } }),
      }
    },
    checkpoint: () => (throttled.size === 0 ? undefined : [...throttled]),
  }
}

/** Processes that ran before Tetragon did are told at its start: they are dated by their own. */
function statedTime(json: JsonObject, process: JsonObject): number | undefined {
  const started = timeOf(process['start_time'])
  const isOld = textOf(process['flags'])?.split(' ').includes('procFS') === true && 'process_exec' in json
  return (isOld ? started : undefined) ?? timeOf(json['time']) ?? started
}

type Base = Pick<Event, 'id' | 'time' | 'source' | 'resource'>

function telemetry(kind: string, entry: JsonObject, base: Base): readonly Event[] {
  const seen = READ[kind]?.(entry)
  if (seen === undefined) return []
  const fields = { ...processFields(tetragonProcess(entry)), ...seen.fields }
  return [{ ...base, logsource: LINUX[seen.category], record: known(fields), mapping: LINUX_MAPPING }]
}

const READ: Readonly<Record<string, (entry: JsonObject) => Seen | undefined>> = {
  // one that fails is not told
  process_exec: () => ({ category: 'process_creation', fields: { 'process.result': 0 } }),
  process_kprobe: seenByProbe,
  process_lsm: seenByProbe,
  process_connect: connection,
  process_listen: (entry) => {
    const address = textOf(entry['ip'])
    if (address === undefined) return undefined
    const local = networkEnd(address, protoNumber(entry['port']))
    return {
      category: 'network_listen',
      fields: { ...listenFields(local, protocolOf(entry)), 'syscall.result': 0 },
    }
  },
}

/** The older event of a connection, which is told when it stands, names both ends. */
function connection(entry: JsonObject): Seen | undefined {
  const [from, to] = [textOf(entry['source_ip']), textOf(entry['destination_ip'])]
  if (to === undefined) return undefined
  const source = from === undefined ? undefined : networkEnd(from, protoNumber(entry['source_port']))
  const peer = networkEnd(to, protoNumber(entry['destination_port']))
  return {
    category: 'network_connection',
    fields: {
      ...peerFields(peer, protocolOf(entry)),
      SourceIp: source?.address,
      SourcePort: source?.port,
      'syscall.result': 0,
    },
  }
}

function protocolOf(entry: JsonObject): string | undefined {
  return textOf(entry['protocol'])?.toLowerCase()
}

/** What the site's own policies report, under Tetragon's names. */
function alert(kind: string, entry: JsonObject, base: Base): readonly Event[] {
  if (!BY_POLICY.has(kind) || OWN_POLICY.test(textOf(entry['policy_name']) ?? '')) return []
  return [
    { ...base, id: `${base.id}#policy`, logsource: TETRAGON, record: { kind, entry }, mapping: MAPPING },
  ]
}

/** It counts what it leaves out by the minute. */
const RATE_INTERVAL = 60_000

function* lossesOf(
  kind: string,
  entry: JsonObject,
  {
    time,
    resource,
    throttled,
  }: { readonly time: number; readonly resource: Resource; readonly throttled: Map<string, number> },
): Iterable<Fact> {
  const node = (textOf(resource['host.name']) ?? '').slice(0, 255)
  const finding = findingOf(kind, entry, time, throttled, node)
  if (finding !== undefined)
    yield { kind: 'finding', finding: { ...finding, kind: 'producer-loss', about: 'tetragon', resource } }
}

function findingOf(
  kind: string,
  entry: JsonObject,
  time: number,
  throttled: Map<string, number>,
  node: string,
): Omit<Finding, 'kind' | 'about'> | undefined {
  if (kind === 'rate_limit_info') {
    const dropped = protoNumber(entry['number_of_dropped_process_events']) ?? 'an unknown number of'
    return {
      id: `tetragon:rate:${node}:${time}`,
      since: Math.max(0, time - RATE_INTERVAL),
      until: time,
      message: `Tetragon left out ${dropped} events: there were more than its export takes (--export-rate-limit)`,
      ...lostOf('tetragon', dropped),
    }
  }
  if (kind !== 'process_throttle') return undefined
  const group = (textOf(entry['cgroup']) ?? '').slice(0, 256)
  const key = `${node}:${group}`
  const since = throttled.get(key) ?? time
  if (entry['type'] === 'THROTTLE_STOP') throttled.delete(key)
  else if (throttled.size < MAX_THROTTLED) throttled.set(key, since)
  return {
    // its end has the same id, and makes it as long as it was
    id: `tetragon:throttle:${key}:${since}`,
    since,
    until: time,
    message: `Tetragon posts no events of the control group ${group}: it made more than --cgroup-rate lets through`,
  }
}
