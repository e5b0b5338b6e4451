import { isObject } from './json.ts'
import type { JsonObject } from './json.ts'
import type { FramedRecord } from './source.ts'
import { zeekLogName } from './zeek-foreign.ts'

/** What a record that no source reads looks like. */
export interface Foreign {
  /** One of a bounded set; holds nothing of the record. */
  readonly reason: string
  /** The first line already tells that the rest of the stream is the same. */
  readonly whole: boolean
}

export const UNKNOWN_FORMAT = 'not a known format'

/** Names the format of a record, for the reason of its refusal. */
export function foreignFormat(record: FramedRecord): Foreign | undefined {
  if (record.json === undefined) return foreignText(record.text)
  const { json } = record
  if (!isObject(json)) return undefined
  const found = JSON_FORMATS.find((format) => format.test(json))
  return (
    found && { reason: typeof found.reason === 'string' ? found.reason : found.reason(json), whole: false }
  )
}

function foreignText(text: string): Foreign | undefined {
  const found = TEXT_FORMATS.find((format) => format.pattern.test(text.slice(0, 2_048)))
  return found && { reason: found.reason, whole: found.whole === true }
}

const later = (name: string): string => `${name}: not read yet`

interface JsonFormat {
  readonly reason: string | ((json: JsonObject) => string)
  readonly test: (json: JsonObject) => boolean
}

/** Whether the object has all of the members. */
function having(...members: readonly string[]): (json: JsonObject) => boolean {
  return (json) => members.every((member) => Object.hasOwn(json, member))
}

function havingOne(...members: readonly string[]): (json: JsonObject) => boolean {
  return (json) => members.some((member) => Object.hasOwn(json, member))
}

const JSON_FORMATS: readonly JsonFormat[] = [
  {
    reason: 'AdmissionReview (admission.k8s.io) is not an audit record',
    test: (json) => json['kind'] === 'AdmissionReview',
  },
  {
    reason: (json) => later(zeekLogName(json) ?? 'zeek'),
    test: (json) => zeekLogName(json) !== undefined,
  },
  {
    reason: 'docker ps output is not an inspect record',
    test: (json) => having('RunningFor')(json) || having('Names', 'ImageID')(json),
  },
  { reason: 'image inspect is not a container', test: having('RepoTags', 'RootFS') },
  { reason: 'network inspect is not a container', test: having('IPAM', 'Scope') },
  {
    reason: 'kubearmor: record of no known type',
    test: (json) => having('Operation', 'Result')(json) || having('NamespaceName', 'PodName')(json),
  },
  { reason: 'kubescape: no alert of its node agent', test: having('BaseRuntimeMetadata') },
  {
    reason: 'windows: record that does not say which event it is',
    test: (json) => havingOne('winlog', 'EventID', 'win')(json) || isObject(json['Event']),
  },
  {
    reason: 'ocsf: read by a mapping of your own (docs/mapping.md)',
    test: (json) => havingOne('class_uid', 'finding_info')(json),
  },
  { reason: 'JSON schema is not telemetry', test: having('$schema') },
  {
    reason: later('wazuh'),
    test: (json) =>
      isObject(json['wazuh']) ||
      (isObject(json['metadata']) && 'items' in json) ||
      having('module', 'collector')(json),
  },
  {
    reason: later('auditbeat'),
    test: (json) => isObject(json['event']) && (isObject(json['beat']) || isObject(json['agent'])),
  },
  { reason: later('bpftrace'), test: having('type', 'data') },
  { reason: 'Kubernetes object is not an audit record', test: having('apiVersion', 'kind') },
]

interface TextFormat {
  readonly reason: string
  readonly pattern: RegExp
  readonly whole?: boolean
}

const TEXT_FORMATS: readonly TextFormat[] = [
  { reason: 'XML event: broken, or not of Windows or Sysmon', pattern: /<Event[ >]/ },
  { reason: 'dockerd log: not read yet', pattern: /^time="?[\dT:.Z+-]+"? level=\w+ msg=/ },
  { reason: 'docker ps output is not an inspect record', pattern: /^CONTAINER ID {2,}/, whole: true },
  { reason: 'INI file is not telemetry', pattern: /^\s*(?:;.*|\[[^\]{}"]+\]\s*)$/, whole: true },
  {
    reason: 'YAML file is not telemetry',
    pattern: /^(?:---\s*|%YAML.*|[A-Za-z_][\w.-]*:(?:\s+[^{].*)?)$/,
    whole: true,
  },
  {
    reason: 'program text is not telemetry',
    pattern: /^(?:#!|import |from \S+ import |def |class |package |"""|\/\/ )/,
    whole: true,
  },
  { reason: 'audit record without a time or a number', pattern: /^(?:node=\S+ )?type=\S+ msg=/ },
  // what follows may be anything
  { reason: 'program text is not telemetry', pattern: /^#(?:\s|$)/ },
  { reason: 'XML is not read yet', pattern: /^\s*<\?xml/, whole: true },
  {
    reason: later('syslog'),
    pattern:
      /^(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)/,
  },
]
