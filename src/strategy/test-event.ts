import { parseDuration } from '../domain/day.ts'
import { SOURCE_NAMES } from '../domain/event.ts'
import type { Event, EventLogsource, SourceName } from '../domain/event.ts'
import { RESOURCE_ATTRIBUTES, SERVED_BY } from '../domain/fields.ts'
import { wrongLogsource } from '../domain/provided-fields.ts'

/** Tests happen at a time of their own, so that they give the same result on every day. */
const EPOCH = Date.UTC(2026, 0, 5, 9)
const CONTROL = new Set(['at', 'category', 'source', 'product', 'service'])
/** Log sources of whole sources, where no category is named. */
const LOGSOURCES: Readonly<Partial<Record<SourceName, EventLogsource>>> = {
  'kubernetes.audit': { product: 'kubernetes', service: 'audit' },
  falco: { product: 'falco' },
  'zeek.conn': { product: 'zeek', service: 'conn', also: [{ category: 'network_connection' }] },
  'zeek.ssl': { product: 'zeek', service: 'ssl', also: [{ category: 'tls' }] },
  'zeek.x509': { product: 'zeek', service: 'x509', also: [{ category: 'certificate' }] },
  'zeek.dns': { product: 'zeek', service: 'dns', also: [{ category: 'dns' }] },
  'zeek.http': {
    product: 'zeek',
    service: 'http',
    also: [{ category: 'proxy' }, { category: 'webserver' }],
  },
  'suricata.eve': { product: 'suricata' },
  hubble: { product: 'hubble', service: 'flow' },
  esxi: { product: 'esxi' },
  cloudtrail: { product: 'aws', service: 'cloudtrail' },
  'windows.sysmon': { product: 'windows', service: 'sysmon' },
  'windows.security': { product: 'windows', service: 'security' },
  'windows.defender': { product: 'windows', service: 'windefend' },
  'windows.eventlog': { product: 'windows' },
  'sysmon.linux': { product: 'linux', service: 'sysmon' },
  kubearmor: { product: 'kubearmor' },
  kubescape: { product: 'kubescape' },
  'macos.eslogger': { product: 'macos' },
  'macos.unifiedlog': { product: 'macos', service: 'unifiedlog' },
  registry: { product: 'registry', service: 'notification' },
  'gcp.audit': { product: 'gcp', service: 'gcp.audit' },
  'azure.activity': { product: 'azure', service: 'activitylogs' },
  'certificate.transparency': { product: 'certificate_transparency', service: 'log' },
}
/** Categories whose records come from Linux here. */
const LINUX = new Set([
  'process_creation',
  'file_event',
  'file_read',
  'file_rename',
  'file_written',
  'network_connection',
  'network_listen',
  'kernel_call',
])

/**
 * The event that a normalised test event describes: `at` (time after the test's beginning), `category` or `source`
 * (with `product` and `service` where they differ), and fields: resource attributes go to the resource, the rest
 * is the record. A text where it describes none.
 */
export function testEvent(described: Readonly<Record<string, unknown>>, id: string): Event | string {
  const at = typeof described['at'] === 'string' ? parseDuration(described['at']) : undefined
  if (described['at'] !== undefined && described['at'] !== 0 && at === undefined)
    return 'at is no duration: write 0s, 40s or 5m'
  const source = described['source']
  if (source !== undefined && !SOURCE_NAMES.some((name) => name === source))
    return `there is no source ${JSON.stringify(source)}`
  if (source === undefined && typeof described['category'] !== 'string')
    return 'the event has neither category nor source'
  const wrong = wrongLogsource(logsourceOf(described))
  if (wrong !== undefined) return wrong
  const fields = Object.entries(described).filter(([name]) => !CONTROL.has(name))
  return {
    id,
    time: EPOCH + (at ?? 0),
    source: (source as SourceName | undefined) ?? SERVED_BY[String(described['category'])]?.[0] ?? 'falco',
    logsource: logsourceOf(described),
    resource: Object.fromEntries(fields.filter(isResource).map(([name, value]) => [name, attribute(value)])),
    record: Object.fromEntries(fields.filter((field) => !isResource(field))),
    mapping: {},
  }
}

/** Events that one description stands for at most. */
const MOST = 50_000

/**
 * The events of a description: one, or with `repeat: {every: 1h, for: 14d}` one each hour, from `at` on. `vary` gives
 * fields the values of a list in turn. A text where it describes none.
 */
export function testEvents(
  described: Readonly<Record<string, unknown>>,
  id: string,
): readonly Event[] | string {
  const { repeat, ...template } = described
  const event = testEvent(template, id)
  if (typeof event === 'string') return event
  if (repeat === undefined) return [event]
  const { every, for: span, vary, ...strangers } = (repeat ?? {}) as Readonly<Record<string, unknown>>
  const [step, length] = [every, span].map((each) => parseDuration(String(each)))
  if (step === undefined || length === undefined || step === 0)
    return 'repeat needs every and for: write repeat: {every: 1h, for: 14d}'
  const stranger = Object.keys(strangers)[0]
  if (stranger !== undefined) return `repeat has every, for and vary, no ${JSON.stringify(stranger)}`
  const times = Math.ceil(length / step)
  if (times > MOST) return `repeat stands for ${times} events: ${MOST} are the most`
  const turns = turnsOf(vary)
  if (turns === undefined) return 'vary gives lists of values: write vary: {value: [10, 12, 11]}'
  return Array.from({ length: times }, (_, n) => {
    const varied = turns.length === 0 ? event : testEvent({ ...template, ...turnOf(turns, n) }, id)
    const base = typeof varied === 'string' ? event : varied
    return { ...base, id: `${id}.${String(n).padStart(5, '0')}`, time: event.time + n * step }
  })
}

type Turn = readonly [name: string, values: readonly unknown[]]

function turnsOf(vary: unknown): readonly Turn[] | undefined {
  if (vary === undefined) return []
  if (typeof vary !== 'object' || vary === null || Array.isArray(vary)) return undefined
  const turns = Object.entries(vary).filter((turn): turn is [string, unknown[]] => Array.isArray(turn[1]))
  return turns.length === Object.keys(vary).length && turns.every(([, { length }]) => length > 0)
    ? turns
    : undefined
}

function turnOf(turns: readonly Turn[], n: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(turns.map(([name, values]) => [name, values[n % values.length]]))
}

function isResource([name]: readonly [string, unknown]): boolean {
  return Object.hasOwn(RESOURCE_ATTRIBUTES, name)
}

function logsourceOf(described: Readonly<Record<string, unknown>>): EventLogsource {
  const { category, source } = described
  const { also, ...whole } = (category === undefined ? LOGSOURCES[source as SourceName] : undefined) ?? {}
  const logsource: Record<string, string> = { ...whole }
  for (const dimension of ['product', 'category', 'service'] as const) {
    const value = described[dimension]
    if (typeof value === 'string') logsource[dimension] = value
  }
  if (LINUX.has(String(category))) logsource['product'] ??= 'linux'
  return { ...logsource, ...(also !== undefined && { also }) }
}

function attribute(value: unknown): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value)
}
