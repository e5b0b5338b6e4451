import { parseDuration } from '../domain/day.ts'
import { SOURCE_NAMES } from '../domain/event.ts'
import type { Event, EventLogsource, SourceName } from '../domain/event.ts'
import { RESOURCE_ATTRIBUTES, SERVED_BY } from '../domain/fields.ts'

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
}
/** Categories whose records come from Linux here. */
const LINUX = new Set([
  'process_creation',
  'file_event',
  'file_read',
  'file_rename',
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
