import type { Event, Fact, Logsource, Mapping } from '../domain/event.ts'
import { containerFact } from './bystander.ts'
import { contentOf } from './events.ts'
import { isObject, jsonText, known, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { LINUX, LINUX_MAPPING, processFields } from './linux-event.ts'
import type { LinuxProcess } from './linux-event.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOfSeconds } from './time.ts'
import { meaningOf } from './tracee-event.ts'
import type { TraceeMeaning } from './tracee-event.ts'
import {
  findingRecord,
  flatRecord,
  isFinding,
  isFlat,
  isStructured,
  structuredRecord,
} from './tracee-record.ts'
import type { TraceeRecord } from './tracee-record.ts'
import { lostOf } from './lost-of.ts'

/** What Tracee's signatures and detectors find, as another tool's alerts, and events that no category is about. */
const TRACEE: Logsource = Object.freeze({ product: 'tracee' })

/** The same in both forms: who wrote a rule need not know which one a site has. */
const MAPPING: Mapping = Object.freeze({
  'event.name': [['eventName'], ['name'], ['Context', 'eventName']],
  'signature.id': [
    ['metadata', 'Properties', 'signatureID'],
    ['threat', 'properties', 'signatureID'],
    ['SigMetadata', 'ID'],
  ],
  'signature.name': [
    ['metadata', 'Properties', 'signatureName'],
    ['threat', 'name'],
    ['SigMetadata', 'Name'],
  ],
  'signature.severity': [
    ['metadata', 'Properties', 'Severity'],
    ['threat', 'severity'],
    ['SigMetadata', 'Properties', 'Severity'],
  ],
  'signature.technique': [
    ['metadata', 'Properties', 'external_id'],
    ['threat', 'mitre', 'technique', 'id'],
  ],
  'process.name': [['processName'], ['workload', 'process', 'thread', 'name']],
  'policies.matched': [['matchedPolicies'], ['policies', 'matched']],
})

/**
 * Tracee's JSON output, in both of its forms. What its signatures find is an alert of Tracee's; what the kernel was asked
 * is telemetry.
 */
export const tracee = defineSource({
  name: 'tracee',
  title: 'Tracee events',
  serves: [TRACEE, ...Object.values(LINUX)],
  recognise: ({ json }) =>
    isFlat(json) || isStructured(json) || isFinding(json) || lossOf(json) !== undefined,
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function decode({ json, text, stream, position, received }: FramedRecord): Decoded {
  const lost = lossOf(json)
  if (lost !== undefined) return { kind: 'evaluated', events: [], facts: [lossFact(lost)] }
  const record = recordOf(json)
  if (record === undefined || !isObject(json)) return failed('not a Tracee event')
  const time = record.time ?? received
  if (time === undefined) return failed('Tracee event without a time')
  const meaning = record.isThreat ? undefined : meaningOf(record)
  const base = {
    id: `${stream}@${position}`,
    time,
    source: 'tracee',
    resource: record.resource,
  } as const
  const content = contentOf(text)
  return {
    kind: 'evaluated',
    events: [meaning === undefined ? ownEvent(base, json, record) : telemetry(base, record, meaning)],
    facts: containerFacts(record, time),
    ...(record.time !== undefined && { identity: { id: `tracee:${content}`, content } }),
  }
}

function recordOf(json: unknown): TraceeRecord | undefined {
  if (isFlat(json)) return flatRecord(json)
  if (isFinding(json)) return findingRecord(json)
  return isStructured(json) ? structuredRecord(json) : undefined
}

type Base = Pick<Event, 'id' | 'time' | 'source' | 'resource'>

/** Arguments are read as `data.<name>` in both forms. */
function ownEvent(base: Base, json: JsonObject, { data }: TraceeRecord): Event {
  const record = { ...json, data: Object.fromEntries(data) }
  return { ...base, logsource: TRACEE, record, mapping: MAPPING }
}

function telemetry(base: Base, record: TraceeRecord, { category, fields }: TraceeMeaning): Event {
  const process = programOf(record, category === 'process_creation')
  const who = processFields(process)
  const isCut = process.executable === undefined && (record.thread?.length ?? 0) >= THREAD_NAME
  return {
    ...base,
    logsource: LINUX[category],
    record: known({
      ...who,
      'process.executable.name': who['process.executable.name'] ?? record.thread,
      ...fields,
      'sensor.truncated': isCut ? ['process.executable.name'] : undefined,
    }),
    mapping: LINUX_MAPPING,
    ...(category === 'process_creation' && onceOf(record, process)),
  }
}

/** The call and the exec that it leads to may both be told: one program is started. */
function onceOf(
  { threadId, result, data, name, resource }: TraceeRecord,
  { args = [] }: LinuxProcess,
): Pick<Event, 'once'> {
  const path = textOf(data.get(name === 'sched_process_exec' ? 'cmdpath' : 'pathname'))
  if (threadId === undefined || path === undefined) return {}
  const where = resource['container.id'] ?? resource['host.name'] ?? ''
  const content = contentOf(jsonText([where, path, args, result ?? 0]))
  return { once: `tracee:exec:${threadId}:${content}` }
}

/** The kernel cuts names of threads at so many bytes. */
const THREAD_NAME = 15

/** An exec names its program among its arguments: what was asked for, and the file that it led to. */
function programOf({ process, data }: TraceeRecord, isExec: boolean): LinuxProcess {
  if (!isExec) return process
  const file = textOf(data.get('pathname'))
  const asked = textOf(data.get('cmdpath'))
  const run = textOf(data.get('interp')) ?? file
  const executable = asked?.startsWith('/') === true ? asked : (file ?? process.executable)
  return { ...process, executable, file: run?.slice(run.lastIndexOf('/') + 1) }
}

/** A bystander's word of containers: with each program that is started, and as they come and go. */
function containerFacts({ name, data, resource }: TraceeRecord, time: number): readonly Fact[] {
  if (name === 'sched_process_exec') return containerFact(resource, time)
  const id = textOf(data.get('container_id'))
  if (id === undefined || !/^[\da-f]{64}$/.test(id)) return []
  if (name === 'container_remove') return [{ kind: 'container-gone', id, time }]
  if (name !== 'container_create' && name !== 'existing_container') return []
  const told = flatRecord({
    eventName: name,
    container: { id, name: data.get('container_name'), image: data.get('container_image') },
    kubernetes: {
      podName: data.get('pod_name'),
      podNamespace: data.get('pod_namespace'),
      podUID: data.get('pod_uid'),
    },
  })
  return containerFact(told.resource, time)
}

/** A line of Tracee's own log, where it goes to the same place as its events. */
function lossOf(json: unknown): { readonly count: string; readonly time: number } | undefined {
  if (!isObject(json) || typeof json['level'] !== 'string') return undefined
  const [, count] = /^[Ll]ost (\d{1,15}) (?:\w+ )?events?$/.exec(textOf(json['msg']) ?? '') ?? []
  const time = timeOfSeconds(json['ts'])
  return count === undefined || time === undefined ? undefined : { count, time }
}

function lossFact({ count, time }: { readonly count: string; readonly time: number }): Fact {
  return {
    kind: 'finding',
    finding: {
      id: `tracee:lost:${time}:${count}`,
      kind: 'producer-loss',
      about: 'tracee',
      since: time,
      until: time,
      message: `Tracee lost ${count} events: its buffer was full (--perf-buffer-size)`,
      ...lostOf('tracee', count),
    },
  }
}
