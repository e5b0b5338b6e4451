import type { Resource } from '../domain/event.ts'
import { contentOf } from './events.ts'
import { isObject, jsonText, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { METRIC, metricEvent } from './metric.ts'
import type { Measured } from './metric.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'

/**
 * What a container uses, as `GET /containers/{id}/stats` of Docker and Podman says it, or `docker stats` with a
 * format of JSON. The latter says not when, and in rounded units.
 */
export const dockerStats = defineSource({
  name: 'docker.stats',
  title: 'Docker stats',
  serves: [METRIC],
  recognise: ({ json }) => isSample(json) || isLine(json),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isSample(json: unknown): json is JsonObject {
  return isObject(json) && isObject(json['cpu_stats']) && typeof json['read'] === 'string'
}

function isLine(json: unknown): json is JsonObject {
  return isObject(json) && typeof json['CPUPerc'] === 'string' && typeof json['MemUsage'] === 'string'
}

function decode(record: FramedRecord): Decoded {
  const { json, stream, position, received } = record
  if (!isSample(json) && !isLine(json)) return failed('not a sample of docker stats')
  const stated = timeOf(json['read'])
  const time = stated ?? received
  if (time === undefined) return failed('docker stats: sample without a time')
  const measured = isSample(json) ? [...measuredBy(json)] : [...printedBy(json)]
  const content = contentOf(jsonText(json))
  const base = { time, source: 'docker.stats' as const, resource: resourceOf(json) }
  return {
    kind: 'evaluated',
    events: measured.map((each, index) =>
      metricEvent({ ...base, id: `${stream}@${position}#${index}` }, each),
    ),
    facts: [],
    ...(stated !== undefined && {
      identity: {
        id: `docker.stats:${textOf(json['read'])}:${textOf(json['id']) ?? ''}:${content}`,
        content,
      },
    }),
  }
}

function resourceOf(json: JsonObject): Resource {
  const id = textOf(json['id']) ?? textOf(json['ID']) ?? textOf(json['Container'])
  const name = (textOf(json['name']) ?? textOf(json['Name']))?.replace(/^\//, '')
  return {
    ...(id !== undefined && { 'container.id': id }),
    ...(name !== undefined && { 'container.name': name }),
  }
}

function* measuredBy(json: JsonObject): Iterable<Measured> {
  const [cpu, before] = [objectOf(json['cpu_stats']), objectOf(json['precpu_stats'])]
  const used = total(cpu)
  yield* counter('container_cpu_usage_seconds_total', used === undefined ? undefined : used / 1e9)
  yield* gauge('container_cpu_usage_ratio', ratioOf(cpu, before))
  const throttled = numberOf(objectOf(cpu['throttling_data'])['throttled_time'])
  yield* counter(
    'container_cpu_cfs_throttled_seconds_total',
    throttled === undefined ? undefined : throttled / 1e9,
  )
  const memory = objectOf(json['memory_stats'])
  const usage = numberOf(memory['usage'])
  const stats = objectOf(memory['stats'])
  // what can be given back at once is not counted, as cAdvisor and `docker stats` do
  const idle = numberOf(stats['total_inactive_file']) ?? numberOf(stats['inactive_file']) ?? 0
  yield* gauge('container_memory_usage_bytes', usage)
  yield* gauge(
    'container_memory_working_set_bytes',
    usage === undefined ? undefined : Math.max(0, usage - idle),
  )
  yield* gauge('container_spec_memory_limit_bytes', numberOf(memory['limit']))
  for (const [name, network] of Object.entries(objectOf(json['networks'])).slice(0, MAX_PARTS)) {
    const labels = { interface: name.slice(0, 64) }
    const { rx_bytes: received, tx_bytes: sent } = objectOf(network)
    yield* counter('container_network_receive_bytes_total', numberOf(received), labels)
    yield* counter('container_network_transmit_bytes_total', numberOf(sent), labels)
  }
  yield* counter('container_fs_reads_bytes_total', blocks(json, 'read'))
  yield* counter('container_fs_writes_bytes_total', blocks(json, 'write'))
  yield* gauge('container_processes', numberOf(objectOf(json['pids_stats'])['current']))
}

const MAX_PARTS = 64

function* counter(name: string, value: number | undefined, labels?: Measured['labels']): Iterable<Measured> {
  if (value !== undefined) yield { name, value, type: 'counter', ...(labels !== undefined && { labels }) }
}

function* gauge(name: string, value: number | undefined): Iterable<Measured> {
  if (value !== undefined) yield { name, value, type: 'gauge' }
}

function total(cpu: JsonObject): number | undefined {
  return numberOf(objectOf(cpu['cpu_usage'])['total_usage'])
}

/** Processors used since the sample before; without one, as of a single sample, nothing is known. */
function ratioOf(cpu: JsonObject, before: JsonObject): number | undefined {
  const [now, then] = [total(cpu), total(before)]
  const [system, systemThen] = [numberOf(cpu['system_cpu_usage']), numberOf(before['system_cpu_usage'])]
  if (now === undefined || then === undefined || system === undefined || systemThen === undefined)
    return undefined
  const processors = numberOf(cpu['online_cpus']) ?? listOf(objectOf(cpu['cpu_usage'])['percpu_usage']).length
  const passed = system - systemThen
  return passed > 0 && now >= then ? ((now - then) / passed) * (processors || 1) : undefined
}

/** Bytes of all devices. */
function blocks(json: JsonObject, operation: string): number | undefined {
  const entries = listOf(objectOf(json['blkio_stats'])['io_service_bytes_recursive']).map(objectOf)
  const values = entries
    .filter(({ op }) => textOf(op)?.toLowerCase() === operation)
    .flatMap(({ value }) => numberOf(value) ?? [])
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}

/** `docker stats --no-stream --format '{{json .}}'`. */
function* printedBy(json: JsonObject): Iterable<Measured> {
  const percent = /^(\d{1,9}(?:\.\d{1,9})?)%$/.exec(textOf(json['CPUPerc']) ?? '')?.[1]
  yield* gauge('container_cpu_usage_ratio', percent === undefined ? undefined : Number(percent) / 100)
  const [used, limit] = pairOf(json['MemUsage'])
  yield* gauge('container_memory_working_set_bytes', used)
  yield* gauge('container_spec_memory_limit_bytes', limit)
  const [received, sent] = pairOf(json['NetIO'])
  yield* counter('container_network_receive_bytes_total', received)
  yield* counter('container_network_transmit_bytes_total', sent)
  const [read, written] = pairOf(json['BlockIO'])
  yield* counter('container_fs_reads_bytes_total', read)
  yield* counter('container_fs_writes_bytes_total', written)
  const processes = textOf(json['PIDs'])
  yield* gauge(
    'container_processes',
    processes !== undefined && /^\d{1,9}$/.test(processes) ? Number(processes) : undefined,
  )
}

/** `312KiB / 23.54GiB`. */
function pairOf(value: unknown): readonly (number | undefined)[] {
  return (textOf(value) ?? '').slice(0, 64).split(' / ').map(bytesOf)
}

const SIZE = /^(\d{1,15}(?:\.\d{1,9})?)\s?([kKMGTP]?)(i?)B$/
const POWERS = ['', 'k', 'm', 'g', 't', 'p']

function bytesOf(text: string): number | undefined {
  const [, amount, letter = '', binary] = SIZE.exec(text) ?? []
  if (amount === undefined) return undefined
  return Math.round(Number(amount) * (binary === 'i' ? 1024 : 1000) ** POWERS.indexOf(letter.toLowerCase()))
}

/** What a double cannot hold is told as the nearest one: it is a measurement. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
