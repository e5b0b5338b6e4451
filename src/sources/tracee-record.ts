import { attributesOf } from './bystander.ts'
import { imageAttributes } from './image-reference.ts'
import { isObject, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import type { LinuxProcess, LinuxProgram } from './linux-event.ts'
import { protoMember, protoNumber } from './proto-json.ts'
import { timeOf, timeOfNanoseconds } from './time.ts'

/** An event of Tracee's, whichever of its forms it has. */
export interface TraceeRecord {
  readonly name: string
  /** ms since the epoch; undefined where it is not told. */
  readonly time: number | undefined
  /** Its arguments by their names. */
  readonly data: ReadonlyMap<string, unknown>
  /** What the call returned; undefined where it is not told. */
  readonly result: number | undefined
  readonly process: LinuxProcess
  /** Name of the thread, cut at 15 bytes: all that older versions tell of the program. */
  readonly thread: string | undefined
  readonly resource: Readonly<Record<string, string | readonly string[]>>
  /** Which thread it was, for as long as it lives; undefined where that is not told. */
  readonly threadId: string | undefined
  /** A signature's or a detector's finding, and no telemetry. */
  readonly isThreat: boolean
}

/** The form that Tracee 0.x writes: flat, with `args`. https://aquasecurity.github.io/tracee/ */
export function isFlat(json: unknown): json is JsonObject {
  return (
    isObject(json) &&
    typeof json['eventName'] === 'string' &&
    'timestamp' in json &&
    ('args' in json || 'argsNum' in json) &&
    ('processName' in json || 'hostProcessId' in json)
  )
}

/** The form of its newer interface, `tracee.v1beta1.Event`; before, `workload` was called `context`. */
export function isStructured(json: unknown): json is JsonObject {
  return (
    isObject(json) &&
    typeof json['name'] === 'string' &&
    'timestamp' in json &&
    isObject(objectOf(json['workload'] ?? json['context'])['process'])
  )
}

/** What a signature found, as versions before 0.14 wrote it: beside the event that it was found in. */
export function isFinding(json: unknown): json is JsonObject {
  return isObject(json) && isObject(json['SigMetadata']) && isFlat(json['Context'])
}

export function findingRecord(json: JsonObject): TraceeRecord {
  return { ...flatRecord(objectOf(json['Context'])), isThreat: true }
}

export function flatRecord(json: JsonObject): TraceeRecord {
  const data = dataOf(json['args'])
  const properties = objectOf(objectOf(json['metadata'])['Properties'])
  const args = argumentsOf(data)
  return {
    name: textOf(json['eventName']) ?? '',
    time: timeOfNanoseconds(json['timestamp']),
    data,
    result: protoNumber(json['returnValue']),
    process: {
      pid: protoNumber(json['hostProcessId']),
      ppid: protoNumber(json['hostParentProcessId']),
      user: protoNumber(json['userId'])?.toString(),
      executable: textOf(objectOf(json['executable'])['path']),
      args,
    },
    thread: textOf(json['processName']),
    threadId: threadIdOf(json['hostThreadId'], json['threadStartTime']),
    resource: flatResource(json),
    isThreat: textOf(properties['signatureID']) !== undefined,
  }
}

export function structuredRecord(json: JsonObject): TraceeRecord {
  const workload = objectOf(json['workload'] ?? json['context'])
  const process = objectOf(workload['process'])
  const thread = objectOf(process['thread'])
  const data = dataOf(json['data'])
  const ancestors = listOf(process['ancestors']).filter(isObject).map(programOf)
  const parent = isObject(process['parent']) ? programOf(process['parent']) : ancestors[0]
  return {
    name: textOf(json['name']) ?? '',
    time: timeOfStamp(json['timestamp']),
    data,
    result: protoNumber(data.get('returnValue')),
    process: {
      ...programOf(process),
      ppid: parent?.pid,
      user: protoNumber(objectOf(protoMember(process, 'real_user', 'realUser'))['id'])?.toString(),
      args: argumentsOf(data),
      ...(parent !== undefined && { parent, ancestors: ancestors.length > 0 ? ancestors : [parent] }),
    },
    thread: textOf(thread['name']),
    threadId: threadIdOf(
      protoNumber(protoMember(thread, 'host_tid', 'hostTid', 'tid')),
      protoMember(thread, 'start_time', 'startTime', 'start'),
    ),
    resource: structuredResource(workload),
    isThreat: isObject(json['threat']),
  }
}

function threadIdOf(thread: unknown, start: unknown): string | undefined {
  const isKnown = typeof thread === 'number' && ['bigint', 'number', 'string'].includes(typeof start)
  return isKnown ? `${thread}:${String(start)}` : undefined
}

function timeOfStamp(value: unknown): number | undefined {
  if (!isObject(value)) return timeOf(value)
  const seconds = protoNumber(value['seconds'])
  return seconds === undefined
    ? undefined
    : timeOfNanoseconds(BigInt(seconds) * 1_000_000_000n + BigInt(protoNumber(value['nanos']) ?? 0))
}

/** A value stands under `value`, or under the name of its type, and may be wrapped once more. */
function dataOf(list: unknown): ReadonlyMap<string, unknown> {
  return new Map(
    listOf(list)
      .filter(isObject)
      .map((entry) => [textOf(entry['name']) ?? '', valueOf(entry)]),
  )
}

function valueOf(entry: JsonObject): unknown {
  const key = Object.keys(entry).find((each) => each !== 'name' && each !== 'type')
  const value = key === undefined ? undefined : entry[key]
  return isObject(value) && Object.keys(value).length === 1 && 'value' in value ? value['value'] : value
}

/** Of the program that is started: an exec alone has them. */
function argumentsOf(data: ReadonlyMap<string, unknown>): readonly string[] {
  return listOf(data.get('argv')).filter((each): each is string => typeof each === 'string')
}

function programOf(process: JsonObject): LinuxProgram {
  return {
    pid: protoNumber(protoMember(process, 'host_pid', 'hostPid', 'pid')),
    executable: textOf(objectOf(process['executable'])['path']),
  }
}

/** A process in a container has the name of its own UTS namespace for its host's. */
function flatResource(json: JsonObject): TraceeRecord['resource'] {
  const container = objectOf(json['container'])
  const kubernetes = objectOf(json['kubernetes'])
  const id = textOf(container['id']) ?? textOf(json['containerId'])
  return attributesOf({
    'host.name': id === undefined ? textOf(json['hostName']) : undefined,
    'container.id': id,
    'container.name': textOf(container['name']) ?? textOf(json['containerName']),
    ...imageAttributes(textOf(container['image']) ?? textOf(json['containerImage'])),
    ...digestOf(textOf(container['imageDigest'])),
    'k8s.pod.name': textOf(kubernetes['podName']) ?? textOf(json['podName']),
    'k8s.namespace.name': textOf(kubernetes['podNamespace']) ?? textOf(json['podNamespace']),
    'k8s.pod.uid': textOf(kubernetes['podUID']) ?? textOf(json['podUID']),
  })
}

function structuredResource(workload: JsonObject): TraceeRecord['resource'] {
  const container = objectOf(workload['container'])
  const image = objectOf(container['image'])
  const kubernetes = objectOf(workload['k8s'])
  const pod = objectOf(kubernetes['pod'] ?? workload['pod'])
  const digests = listOf(protoMember(image, 'repo_digests', 'repoDigests')).filter(
    (each): each is string => typeof each === 'string' && each.includes('@'),
  )
  return attributesOf({
    'container.id': textOf(container['id']),
    'container.name': textOf(container['name']),
    ...imageAttributes(textOf(image['name'])),
    'container.image.repo_digests': digests.length > 0 ? digests : undefined,
    'k8s.pod.name': textOf(pod['name']),
    'k8s.pod.uid': textOf(pod['uid']),
    'k8s.namespace.name':
      textOf(objectOf(kubernetes['namespace'])['name']) ?? textOf(objectOf(pod['namespace'])['name']),
  })
}

function digestOf(digest: string | undefined): Readonly<Record<string, readonly string[]>> {
  return digest?.includes('@') === true ? { 'container.image.repo_digests': [digest] } : {}
}
