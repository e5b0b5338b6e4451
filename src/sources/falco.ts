import type { Event, Finding, Logsource, Mapping, Resource } from '../domain/event.ts'
import { contentOf } from './events.ts'
import { falcoTelemetry } from './falco-telemetry.ts'
import { isObject, known, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { LINUX, LINUX_MAPPING } from './linux-event.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf, timeOfNanoseconds } from './time.ts'

const FALCO: Logsource = Object.freeze({ product: 'falco' })

/**
 * Falco's fields that rules read by their own names (`proc.name`); Falco nests them below `output_fields`.
 * See https://falco.org/docs/reference/rules/supported-fields/.
 */
const FIELD_NAMES = `
  evt.type evt.dir evt.args evt.arg.flags evt.rawres evt.res evt.time evt.time.iso8601 evt.num proc.name
  proc.exe proc.exepath proc.cmdline proc.args proc.exeline proc.cwd proc.pid proc.ppid proc.vpid
  proc.pvpid proc.tty proc.sid proc.sname proc.pname proc.pcmdline proc.pexe proc.pexepath proc.aname[2]
  proc.aname[3] proc.aname[4] proc.aname[5] proc.aname[6] proc.aname[7] proc.acmdline[2]
  proc.is_exe_upper_layer proc.is_exe_from_memfd proc.is_exe_writable proc.env proc.duration
  proc.hash.sha256 thread.cap_effective thread.cap_permitted thread.cap_inheritable thread.tid user.name
  user.uid user.loginuid user.loginname group.name group.gid fd.name fd.directory fd.filename fd.nameraw
  fd.num fd.type fd.typechar fd.l4proto fd.sip fd.sport fd.cip fd.cport fd.lip fd.lport fd.rip fd.rport
  fd.sip.name fs.path.name fs.path.source fs.path.target container.id container.full_id container.name
  container.type container.privileged container.mounts container.image container.image.repository
  container.image.tag container.image.digest container.image.id k8s.ns.name k8s.pod.name k8s.pod.id
  k8s.pod.uid k8s.pod.labels k8s.deployment.name k8s.rs.name ka.verb ka.user.name ka.auditid
  ka.target.name ka.target.namespace ka.target.resource ka.target.subresource
`
  .trim()
  .split(/\s+/)

/** Field → path; older Falco wrote `Rule`. */
const MAPPING: Mapping = Object.freeze({
  ...Object.fromEntries(FIELD_NAMES.map((name) => [name, [['output_fields', name]]])),
  rule: [['rule'], ['Rule']],
})

/**
 * Alerts of Falco (json_output), as another tool's alerts; records of the rules that ship in sensors/falco are
 * telemetry; what it tells of itself is a fact.
 */
export const falco = defineSource({
  name: 'falco',
  title: 'Falco alerts and telemetry',
  serves: [FALCO, ...Object.values(LINUX)],
  recognise: (record) => isAlert(record.json),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isAlert(json: unknown): json is JsonObject {
  if (!isObject(json)) return false
  const rule = json['rule'] ?? json['Rule']
  return typeof rule === 'string' && typeof json['priority'] === 'string' && isFields(json['output_fields'])
}

function isFields(value: unknown): boolean {
  return isObject(value) || value === null
}

function decode(record: FramedRecord): Decoded {
  if (!isAlert(record.json)) return failed('not a Falco alert')
  const alert = record.json
  const fields = presentFields(objectOf(alert['output_fields']))
  const stated = timeOf(alert['time']) ?? timeOfNanoseconds(fields['evt.time'])
  const time = stated ?? record.received
  if (time === undefined) return failed('Falco alert without a time')
  const rule = textOf(alert['rule']) ?? textOf(alert['Rule']) ?? ''
  const content = contentOf(record.text)
  if (rule.startsWith('Falco internal:')) return internal(alert, fields, rule, time)
  const telemetry = falcoTelemetry(rule, fields)
  const event: Event = {
    id: `${record.stream}@${record.position}`,
    time,
    source: 'falco',
    resource: resourceOf(alert, fields),
    ...(telemetry === undefined
      ? {
          logsource: FALCO,
          record: { ...unlistedFields(fields), ...alert, rule, output_fields: fields },
          mapping: MAPPING,
        }
      : {
          logsource: LINUX[telemetry.category],
          record: known(telemetry.fields),
          mapping: LINUX_MAPPING,
        }),
  }
  const identity = {
    id: `falco:${stated ?? ''}:${textOf(alert['hostname']) ?? ''}:${rule.slice(0, 256)}:${content}`,
    content,
  }
  return { kind: 'evaluated', events: [event], facts: [], identity }
}

/** Falco writes null or `<NA>` for what it could not find out. */
function presentFields(fields: JsonObject): JsonObject {
  const present: [string, unknown][] = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== '<NA>',
  )
  return Object.fromEntries(present)
}

/** Rules' outputs name fields of their own: those are read without a mapping. */
function unlistedFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !Object.hasOwn(MAPPING, name)))
}

/** Dropped system calls are an interval in which nothing can be concluded; Falco tells of the last second. */
function internal(alert: JsonObject, fields: JsonObject, rule: string, time: number): Decoded {
  const host = textOf(alert['hostname'])
  if (rule !== 'Falco internal: syscall event drop') return { kind: 'evaluated', events: [], facts: [] }
  const drops = countOf(fields['n_drops'])
  const finding: Finding = {
    id: `falco:drop:${host ?? ''}:${time}`,
    kind: 'producer-loss',
    about: 'falco',
    since: Math.max(0, time - 1000),
    until: time,
    message: `Falco dropped ${drops ?? 'an unknown number of'} system calls`,
    ...(host !== undefined && { resource: { 'host.name': host } }),
  }
  return { kind: 'evaluated', events: [], facts: [{ kind: 'finding', finding }] }
}

/** A count, which older versions wrote as text. */
function countOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  return /^\d{1,20}$/.test(text) ? text : undefined
}

/** Falco's field → attribute; `host` stands for the host itself. */
const ATTRIBUTES = [
  ['container.name', 'container.name'],
  ['container.image.repository', 'container.image.name'],
  ['container.image.id', 'container.image.id'],
  ['k8s.ns.name', 'k8s.namespace.name'],
  ['k8s.pod.name', 'k8s.pod.name'],
  ['k8s.pod.uid', 'k8s.pod.uid'],
  ['k8s.deployment.name', 'k8s.deployment.name'],
  ['user.name', 'user.name'],
] as const

function resourceOf(alert: JsonObject, fields: JsonObject): Resource {
  const resource: Record<string, string | readonly string[]> = {}
  const host = textOf(alert['hostname'])
  if (host !== undefined) resource['host.name'] = host
  const container = textOf(fields['container.full_id']) ?? textOf(fields['container.id'])
  if (container !== undefined && container !== 'host') resource['container.id'] = container
  for (const [field, attribute] of ATTRIBUTES) {
    const value = textOf(fields[field])
    if (value !== undefined && !(field === 'container.name' && value === 'host')) resource[attribute] = value
  }
  const tag = textOf(fields['container.image.tag'])
  if (tag !== undefined) resource['container.image.tags'] = [tag]
  const digest = textOf(fields['container.image.digest'])
  const name = resource['container.image.name']
  if (digest !== undefined && typeof name === 'string')
    resource['container.image.repo_digests'] = [`${name}@${digest}`]
  return resource
}
