import type { EventLogsource, Logsource, Mapping } from '../domain/event.ts'
import { OWN_NAMES } from './events.ts'
import type { JsonObject } from './json.ts'
import { connectionFields, creationFields, registryFields } from './windows-security-fields.ts'
import { FORMER_NAMES } from './windows-services.ts'

/** What an event of Windows' logs is to Sigma. */
export interface Meaning {
  readonly logsource: EventLogsource
  readonly mapping: Mapping
  /** Fields under Sigma's names that are not in the data as they are. */
  readonly derive?: (data: JsonObject) => JsonObject
}

/** What an event is told by: categories of its product, the first its own; those of no product; names of fields. */
interface Kind {
  readonly categories: readonly string[]
  readonly generic?: readonly string[]
  readonly mapping?: Mapping
  readonly derive?: (data: JsonObject) => JsonObject
}

const DNS: Mapping = Object.freeze({
  query: [['QueryName']],
  answer: [['QueryResults']],
  'dns.question.name': [['QueryName']],
})
const HASHED = { derive: hashesOf }

/** By the event IDs of Sysmon; Sysmon for Linux has some of them. */
const SYSMON: Readonly<Record<number, Kind>> = {
  1: { categories: ['process_creation'], ...HASHED },
  2: { categories: ['file_change'] },
  3: { categories: ['network_connection'] },
  4: { categories: ['sysmon_status'] },
  5: { categories: ['process_termination'] },
  6: { categories: ['driver_load'], ...HASHED },
  7: { categories: ['image_load'], ...HASHED },
  8: { categories: ['create_remote_thread'] },
  9: { categories: ['raw_access_thread'] },
  10: { categories: ['process_access'] },
  11: { categories: ['file_event'] },
  13: { categories: ['registry_set', 'registry_event'] },
  14: { categories: ['registry_rename', 'registry_event'] },
  15: { categories: ['create_stream_hash'], derive: hashesOf },
  16: { categories: ['sysmon_status'] },
  17: { categories: ['pipe_created'] },
  18: { categories: ['pipe_created'] },
  19: { categories: ['wmi_event'] },
  20: { categories: ['wmi_event'] },
  21: { categories: ['wmi_event'] },
  22: { categories: ['dns_query'], generic: ['dns'], mapping: DNS },
  23: { categories: ['file_delete'], ...HASHED },
  24: { categories: ['clipboard_capture'], ...HASHED },
  25: { categories: ['process_tampering'] },
  26: { categories: ['file_delete_detected', 'file_delete'], ...HASHED },
  27: { categories: ['file_block_executable'], ...HASHED },
  28: { categories: ['file_block_shredding'], ...HASHED },
  29: { categories: ['file_executable_detected'], ...HASHED },
  255: { categories: ['sysmon_error'] },
}
const KEY_ADDED: Kind = { categories: ['registry_add', 'registry_event'] }
const KEY_DELETED: Kind = { categories: ['registry_delete', 'registry_event'] }
const KEY_CHANGED: Kind = { categories: ['registry_event', 'registry_add', 'registry_delete'] }

const CREATION: Mapping = Object.freeze({
  Image: [['NewProcessName'], ['Image']],
  ParentImage: [['ParentProcessName'], ['CreatorProcessName'], ['ParentImage']],
  CommandLine: [['CommandLine'], ['ProcessCommandLine']],
  LogonId: [['SubjectLogonId'], ['LogonId']],
})
const REGISTRY: Mapping = Object.freeze({ Image: [['ProcessName']], LogonId: [['SubjectLogonId']] })
const VALUE_DELETED: Kind = {
  categories: ['registry_delete', 'registry_event'],
  mapping: REGISTRY,
  derive: registryFields,
}
const VALUE_ADDED: Kind = {
  categories: ['registry_set', 'registry_event', 'registry_add'],
  mapping: REGISTRY,
  derive: registryFields,
}
const VALUE_SET: Kind = {
  categories: ['registry_set', 'registry_event'],
  mapping: REGISTRY,
  derive: registryFields,
}
const CONNECTION: Mapping = Object.freeze({
  Image: [['Application'], ['Image']],
  SourceIp: [['SourceAddress'], ['SourceIp']],
  DestinationIp: [['DestAddress'], ['DestinationIp']],
  DestinationPort: [['DestPort'], ['DestinationPort']],
  src_ip: [['SourceAddress']],
  src_port: [['SourcePort']],
  dst_ip: [['DestAddress']],
  dst_port: [['DestPort']],
})
const FILTERED = { generic: ['firewall'], mapping: CONNECTION, derive: connectionFields }

const SECURITY: Readonly<Record<number, Kind>> = {
  4688: { categories: ['process_creation'], mapping: CREATION, derive: creationFields },
  4689: { categories: ['process_termination'], mapping: Object.freeze({ Image: [['ProcessName']] }) },
  5152: { categories: [], ...FILTERED },
  5156: { categories: ['network_connection'], ...FILTERED },
  5157: { categories: [], ...FILTERED },
}

const MALWARE: Kind = {
  categories: [],
  generic: ['antivirus'],
  mapping: Object.freeze({
    Signature: [['ThreatName']],
    Filename: [['Path']],
    Action: [['ActionName'], ['Action']],
  }),
}
const DEFENDER: Readonly<Record<number, Kind>> = Object.fromEntries(
  [1006, 1007, 1008, 1015, 1116, 1117, 1118, 1119].map((id) => [id, MALWARE]),
)

const POWERSHELL: Readonly<Record<number, Kind>> = {
  4103: { categories: ['ps_module'] },
  4104: { categories: ['ps_script'] },
}
/** What is told without names is in the text, where a forwarder sends nothing else. */
const UNNAMED: Mapping = Object.freeze({ Data: [['Data'], ['Message']] })
const POWERSHELL_CLASSIC: Readonly<Record<number, Kind>> = {
  400: { categories: ['ps_classic_start'], mapping: UNNAMED },
  600: { categories: ['ps_classic_provider_start'], mapping: UNNAMED },
  800: { categories: ['ps_classic_script'], mapping: UNNAMED },
}

/** Sysmon for Linux logs these of them. */
const SYSMON_LINUX: Readonly<Record<number, Kind>> = Object.fromEntries(
  [1, 3, 4, 5, 9, 11, 16, 23, 255].flatMap((id) => {
    const kind = SYSMON[id]
    return kind === undefined ? [] : [[id, kind]]
  }),
)

/** By product and service. */
const KINDS: Readonly<Record<string, Readonly<Record<number, Kind>>>> = {
  'windows/sysmon': SYSMON,
  'windows/security': SECURITY,
  'windows/windefend': DEFENDER,
  'windows/powershell': POWERSHELL,
  'windows/powershell-classic': POWERSHELL_CLASSIC,
  'linux/sysmon': SYSMON_LINUX,
}
/** Kinds that the ID alone does not tell. */
const TOLD_BY_DATA: Readonly<Record<string, readonly Kind[]>> = {
  'windows/sysmon': [KEY_ADDED, KEY_DELETED, KEY_CHANGED],
  'windows/security': [VALUE_DELETED, VALUE_ADDED, VALUE_SET],
}
/** Sigma names the service and no category: its rules ask for the event's ID. */
const PLAIN: Kind = { categories: [], mapping: UNNAMED }

/** What the event with this ID is, in the logs of a service; undefined stands for a channel without one. */
export function meaningOf(
  product: string,
  service: string | undefined,
  id: number,
  data: JsonObject,
): Meaning {
  return meaning(product, service, kindOf(`${product}/${service}`, id, data))
}

/** Every log source that events of a service may have. */
export function logsourcesOf(product: string, service: string | undefined): readonly EventLogsource[] {
  const log = `${product}/${service}`
  const kinds = [PLAIN, ...Object.values(KINDS[log] ?? {}), ...(TOLD_BY_DATA[log] ?? [])]
  return kinds.map((kind) => meaning(product, service, kind).logsource)
}

function kindOf(log: string, id: number, data: JsonObject): Kind {
  if (log === 'windows/sysmon' && id === 12) return keyKind(data['EventType'])
  if (log === 'windows/security' && id === 4657) return valueKind(data['OperationType'])
  return KINDS[log]?.[id] ?? PLAIN
}

/** One event of Sysmon tells of keys made and of keys and values deleted; some forwarders drop which. */
function keyKind(type: unknown): Kind {
  if (type === 'CreateKey') return KEY_ADDED
  return type === 'DeleteKey' || type === 'DeleteValue' ? KEY_DELETED : KEY_CHANGED
}

/** Windows writes the number of a message for what was done to the value. */
function valueKind(operation: unknown): Kind {
  if (operation === '%%1906' || operation === 'Registry value deleted') return VALUE_DELETED
  return operation === '%%1904' || operation === 'New registry value created' ? VALUE_ADDED : VALUE_SET
}

const MEANINGS = new Map<string, Map<Kind, Meaning>>()

/** One object for each, so that whatever is made of a log source is made once. */
function meaning(product: string, service: string | undefined, kind: Kind): Meaning {
  const log = `${product}/${service}`
  const known = MEANINGS.get(log) ?? new Map<Kind, Meaning>()
  MEANINGS.set(log, known)
  const made = known.get(kind) ?? makeMeaning({ product, ...(service !== undefined && { service }) }, kind)
  known.set(kind, made)
  return made
}

function makeMeaning(base: Logsource, { categories, generic = [], mapping, derive }: Kind): Meaning {
  const [first, ...others] = categories
  const former = base.service === undefined ? undefined : FORMER_NAMES[base.service]
  const also: readonly Logsource[] = [
    ...[...others, ...generic].map((category) => ({ ...base, category })),
    ...(former === undefined ? [] : [{ ...base, service: former }]),
  ]
  return {
    logsource: Object.freeze({
      ...base,
      ...(first !== undefined && { category: first }),
      ...(also.length > 0 && { also }),
    }),
    mapping: mapping ?? OWN_NAMES,
    ...(derive !== undefined && { derive }),
  }
}

const HASH = /\b(MD5|SHA1|SHA256|IMPHASH)=([0-9A-F]{32,64})\b/gi

/** `SHA256=…,IMPHASH=…` also one by one, under Sigma's names. */
function hashesOf({ Hashes: hashes, Hash: hash }: JsonObject): JsonObject {
  const text = typeof hashes === 'string' ? hashes : hash
  if (typeof text !== 'string' || text.length > 512) return {}
  return Object.fromEntries(
    Array.from(text.matchAll(HASH), ([, name = '', value]) => [name.toLowerCase(), value] as const),
  )
}
