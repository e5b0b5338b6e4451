import type { Logsource, SourceName } from './event.ts'
import { EXTENSIONS, PEER_FIELDS, RESOURCE_ATTRIBUTES, SIGMA_CATEGORIES } from './fields.ts'
import { nearestWord } from './nearest-word.ts'
import provided from './provided.json' with { type: 'json' }
import { settingOf, type Setting } from './sensor-settings.ts'

/** A source that fills a field in events of a category, and what has to be set for it. */
export interface Provider {
  readonly source: SourceName
  /** Of the events; undefined where they say none. */
  readonly product: string | undefined
  readonly setting: Setting
}

/** What is filled when the record is joined with what is known of containers, whichever source told it. */
const JOINED: Readonly<Record<string, readonly string[]>> = {
  file_event: ['host.path'],
  file_read: ['host.path'],
  file_rename: ['host.path'],
  file_written: ['host.path'],
  network_connection: ['host.path'],
  process_creation: [],
}
/** What the inventory itself tells, of all of its sources together. */
const OF_THE_INVENTORY = new Set(['container_view'])
/** What a sensor fills where it applies, which its fixtures need not show: said in docs/sensor.md and sensors/. */
const WHERE_IT_APPLIES: Readonly<Partial<Record<SourceName, readonly string[]>>> = {
  sensor: ['process.executable.upper_layer', 'sensor.truncated', 'sensor.unresolved'],
  'docker.inspect': ['container.device_cgroup_rules'],
  'docker.events': ['container.running'],
  'zeek.ssl': ['sni_matches_cert'],
  'zeek.x509': ['san.uri', 'san.email'],
  certstore: ['san.uri', 'san.email'],
  'fim.aide': ['file.hash.sha512', 'file.previous.hash.sha512'],
  'fim.osquery': ['file.previous.hash.sha1'],
  'fim.auditbeat': ['file.hash.sha512', 'SourceFilename'],
}

interface Provision {
  readonly source: SourceName
  readonly category: string
  readonly product: string | undefined
  readonly fields: ReadonlySet<string>
}

const PROVISIONS: readonly Provision[] = provided.fields.map((line) => {
  const [key = '', names = ''] = line.split(': ')
  const [category, source, product] = key.split(' ') as [string, SourceName, string]
  const fields = new Set([...names.split(' '), ...(WHERE_IT_APPLIES[source] ?? [])])
  return { source, category, product: product === '-' ? undefined : product, fields }
})

/** Whether no source has to fill it: it is joined to whatever tells, or told by the inventory. */
export function isJoined(category: string, field: string): boolean {
  return (
    Object.hasOwn(RESOURCE_ATTRIBUTES, field) ||
    Object.hasOwn(PEER_FIELDS, field) ||
    OF_THE_INVENTORY.has(category) ||
    JOINED[category]?.includes(field) === true
  )
}

/** The sources that fill a field in events of a category. */
export function providersOf(category: string, field: string): readonly Provider[] {
  return PROVISIONS.filter((each) => each.category === category && each.fields.has(field)).map(
    ({ source, product }) => ({ source, product, setting: settingOf(source, category) }),
  )
}

/** Whether some source fills the field in events that a rule of this log source sees, by itself or by what ships. */
export function isProvided({ category = '', product }: Logsource, field: string): boolean {
  if (isJoined(category, field)) return true
  return providersOf(category, field).some(
    (provider) => provider.setting.kind !== 'own' && isSeen(product, provider.product),
  )
}

/** Rules for Linux also see events whose product is unknown. */
function isSeen(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted === actual || (actual === undefined && wanted === 'linux')
}

type Dimension = 'product' | 'category' | 'service'

const KNOWN: Readonly<Record<Dimension, ReadonlySet<string>>> = {
  product: partsAt(0),
  category: new Set([...partsAt(1), ...Object.keys(EXTENSIONS), ...Object.keys(SIGMA_CATEGORIES)]),
  service: partsAt(2),
}

function partsAt(at: number): ReadonlySet<string> {
  return new Set(provided.logsources.map((name) => name.split('/')[at] ?? '').filter((part) => part !== ''))
}

/** Why no event has this log source, in words; undefined where some source's has. */
export function wrongLogsource(logsource: Logsource): string | undefined {
  for (const dimension of ['product', 'category', 'service'] as const) {
    const value = logsource[dimension]
    if (value === undefined || KNOWN[dimension].has(value)) continue
    const near = nearestWord(value, [...KNOWN[dimension]])
    return `no source has the ${dimension} ${JSON.stringify(value)}${near === undefined ? '' : `; did you mean ${near}?`}`
  }
  return undefined
}
