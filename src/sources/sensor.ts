import type { Event, Fact, Finding, Logsource, SensorMark } from '../domain/event.ts'
import { contentOf } from './events.ts'
import { isObject, known, listOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { LINUX, LINUX_MAPPING, processFields } from './linux-event.ts'
import type { LinuxProgram } from './linux-event.ts'
import { defineSource, failed } from './source.ts'
import type { Decoder } from './source.ts'
import { sensorLook } from './sensor-look.ts'
import { timeOf } from './time.ts'

/** What a record tells, and the category of its event. */
const CATEGORIES: Readonly<Record<string, Logsource>> = {
  exec: LINUX.process_creation,
  write: LINUX.file_event,
  read: LINUX.file_read,
  rename: LINUX.file_rename,
  connect: LINUX.network_connection,
  listen: LINUX.network_listen,
  call: LINUX.kernel_call,
  close: Object.freeze({ product: 'linux', category: 'file_written' }),
}

/**
 * Tallyman's own sensor (`tallyman sensor`): one record an observed system call, numbered within a run, and
 * records about the sensor itself, which become findings. The form is described in docs/sensor.md.
 */
export const sensor = defineSource({
  name: 'sensor',
  title: 'Tallyman sensor',
  serves: [...Object.values(CATEGORIES), { category: 'container_view' }],
  recognise: ({ json }) => isSensorRecord(json),
  decoder: createDecoder,
})

function isSensorRecord(json: unknown): json is JsonObject {
  return isObject(json) && json['sensor'] === 1 && typeof json['run'] === 'string' && 'seq' in json
}

/** Which record of which run. */
interface Place {
  readonly run: string
  readonly seq: number
  /** ms since the epoch. */
  readonly time: number
}

function createDecoder(): Decoder {
  return {
    decode(record) {
      if (!isSensorRecord(record.json)) return failed('not a sensor record')
      const line = record.json
      const now = placeOf(line)
      if (now === undefined) return failed('sensor record without a run, a number or a time')
      const event = eventOf(line, now)
      if (event === 'unknown kind') return failed('sensor record of an unknown kind')
      const look = line['kind'] === 'containers' ? sensorLook(line, now.time) : undefined
      if (line['kind'] === 'containers' && look === undefined)
        return failed('sensor: malformed list of containers')
      const told = [...toldFindings(line, now)].map((finding): Fact => ({ kind: 'finding', finding }))
      return {
        kind: 'evaluated',
        events: event === undefined ? [] : [event],
        facts: [
          { kind: 'sensor-record', mark: markOf(line, now) },
          ...(look === undefined ? [] : [{ kind: 'container-look' as const, look }]),
          ...told,
        ],
        identity: { id: identityOf(now), content: contentOf(record.text) },
      }
    },
    checkpoint: () => undefined,
  }
}

function placeOf({ run, seq, time }: JsonObject): Place | undefined {
  const at = timeOf(time)
  const isPlace =
    typeof run === 'string' &&
    run !== '' &&
    run.length <= 128 &&
    typeof seq === 'number' &&
    Number.isSafeInteger(seq) &&
    seq >= 0
  return isPlace && at !== undefined ? { run, seq, time: at } : undefined
}

/** What shows that records are missing before or behind it: the reader keeps that for all files of a run. */
function markOf(line: JsonObject, now: Place): SensorMark {
  const { interval } = line
  const isInterval = typeof interval === 'number' && interval >= 100 && interval <= 3_600_000
  const before = objectOf(line['previous'])
  const ended = timeOf(before['time'])
  const last = placeOf(before)
  return {
    ...now,
    host: textOf(line['host']),
    kind: textOf(line['kind']) ?? '',
    interval: isInterval ? interval : undefined,
    previous:
      ended === undefined
        ? undefined
        : { time: ended, stopped: before['stopped'] === true, ...(last && { run: last.run, seq: last.seq }) },
  }
}

/** Boot, start and number: what comes twice, by whatever way, is one record. */
function identityOf({ run, seq }: Place): string {
  return `sensor:${run}:${seq}`
}

const ABOUT_ITSELF = new Set(['start', 'file', 'heartbeat', 'loss', 'unsampled', 'stop', 'containers'])

function eventOf(line: JsonObject, now: Place): Event | 'unknown kind' | undefined {
  const kind = textOf(line['kind']) ?? ''
  if (ABOUT_ITSELF.has(kind)) return undefined
  const category = Object.hasOwn(CATEGORIES, kind) ? CATEGORIES[kind] : undefined
  if (category === undefined) return 'unknown kind'
  const host = textOf(line['host'])
  const container = textOf(line['container'])
  return {
    id: identityOf(now),
    time: now.time,
    source: 'sensor',
    logsource: category,
    resource: {
      ...(host !== undefined && { 'host.name': host }),
      ...(container !== undefined && { 'container.id': container }),
    },
    record: known({ ...fieldsOf(line), ...FIELDS[kind]?.(line) }),
    mapping: LINUX_MAPPING,
  }
}

/** Who did it, and what the sensor says of how it was seen. */
function fieldsOf(line: JsonObject): JsonObject {
  const process = objectOf(line['process'])
  const truncated = textsOf(line['truncated'])
  return {
    ...processFields({
      ...programOf(process),
      cwd: textOf(process['cwd']),
      user: textOf(process['user']),
      ppid: integerOf(process['ppid']),
      file: textOf(process['file']),
      parent: programOf(objectOf(line['parent'])),
      ancestors: listOf(line['ancestors']).filter(isObject).map(programOf),
    }),
    'syscall.name': textOf(line['syscall']),
    'sensor.truncated': truncated.length > 0 ? truncated : undefined,
    'sensor.unresolved': textOf(line['unresolved']),
  }
}

function programOf(process: JsonObject): LinuxProgram {
  return {
    pid: integerOf(process['pid']),
    executable: textOf(process['executable']),
    args: textsOf(process['args']),
  }
}

/** What each kind of record adds. */
const FIELDS: Readonly<Record<string, (line: JsonObject) => JsonObject>> = {
  exec: (line) => ({
    'process.result': integerOf(line['result']),
    'process.executable.upper_layer':
      typeof line['upperLayer'] === 'boolean' ? line['upperLayer'] : undefined,
  }),
  write: fileFields,
  read: fileFields,
  rename: (line) => ({
    SourceFilename: textOf(line['source']),
    TargetFilename: textOf(line['path']),
    'syscall.result': integerOf(line['result']),
  }),
  connect: (line) => ({
    Initiated: 'true',
    Protocol: textOf(line['protocol']),
    DestinationIp: textOf(line['address']),
    DestinationPort: integerOf(line['port']),
    'network.type': textOf(line['family']),
    'network.peer.address': textOf(line['path']) ?? textOf(line['address']),
    'syscall.result': integerOf(line['result']),
  }),
  listen: (line) => ({
    Protocol: textOf(line['protocol']),
    'network.type': textOf(line['family']),
    'network.local.address': textOf(line['path']) ?? textOf(line['address']),
    'network.local.port': integerOf(line['port']),
    'syscall.result': integerOf(line['result']),
  }),
  close: (line) => ({
    TargetFilename: textOf(line['path']),
    'file.size': integerOf(line['size']),
    'file.sampled': integerOf(line['sampled']),
    'file.entropy': numberOf(line['entropy']),
    'file.magic': textOf(line['magic']),
    'file.hash.sha256': textOf(line['sha256']),
  }),
  call: (line) => ({
    'syscall.args': textOf(line['args']),
    'syscall.flags': flagsOf(line),
    'syscall.result': integerOf(line['result']),
  }),
}

function fileFields(line: JsonObject): JsonObject {
  return {
    TargetFilename: textOf(line['path']),
    'file.flags': flagsOf(line),
    'syscall.result': integerOf(line['result']),
  }
}

function flagsOf(line: JsonObject): readonly string[] | undefined {
  const flags = textsOf(line['flags'])
  return flags.length > 0 ? flags : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function integerOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

/** What the sensor says of itself. */
function* toldFindings(line: JsonObject, now: Place): Iterable<Finding> {
  const kind = line['kind']
  const base = { about: 'sensor', until: now.time, ...resourceOf(line) }
  const id = `${now.run}:${now.seq}`
  const since = timeOf(line['since'])
  if (kind === 'loss')
    yield {
      ...base,
      id: `sensor:loss:${id}`,
      kind: 'producer-loss',
      since: Math.min(since ?? now.time, now.time),
      message: lossOf(line),
      ...lostOf(line),
    }
  // one an hour, as long as it went on
  if (kind === 'unsampled')
    yield {
      ...base,
      id: `sensor:unsampled:${now.run}:${Math.floor(now.time / HOUR)}`,
      kind: 'producer-loss',
      since: Math.min(since ?? now.time, now.time),
      message: `the sensor did not look into all files that were written: ${reasonOf(line)}`,
    }
  if (kind !== 'start') return
  const blind = textsOf(line['missing'])
  if (blind.length > 0)
    yield {
      ...base,
      id: `sensor:blind:${id}`,
      kind: 'unobserved-interval',
      since: now.time,
      message: `since this start the sensor does not see ${blind.join(', ').slice(0, 512)}: the kernel has no such tracepoints`,
    }
}

const HOUR = 3_600_000

function reasonOf(line: JsonObject): string {
  return textOf(line['reason'])?.slice(0, 200) ?? 'no reason was told'
}

function lossOf(line: JsonObject): string {
  const lost = integerOf(line['lost'])
  return `the sensor lost ${lost ?? 'an unknown number of'} events: ${reasonOf(line)}`
}

function lostOf(line: JsonObject): Pick<Finding, 'lost'> {
  const records = integerOf(line['lost'])
  return records === undefined || records < 0 ? {} : { lost: { source: 'sensor', records } }
}

function resourceOf(line: JsonObject): Pick<Finding, 'resource'> {
  const host = textOf(line['host'])
  return host === undefined ? {} : { resource: { 'host.name': host } }
}
