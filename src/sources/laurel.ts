import { hostFileOf } from '../domain/container-root.ts'
import type { Event, Resource } from '../domain/event.ts'
import { emptyParts, meaningOf, socketOf } from './audit-event.ts'
import type { AuditParts } from './audit-event.ts'
import { socketEnd } from './audit-socket.ts'
import { AUDITD, recordOf } from './auditd.ts'
import { contentOf, OWN_NAMES } from './events.ts'
import { isObject, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { LINUX, LINUX_MAPPING } from './linux-event.ts'
import type { SocketEnd } from './linux-event.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { inRange } from './time.ts'

/**
 * Events of Linux audit as Laurel writes them: one JSON object an event, its records by their types.
 * https://github.com/threathunters-io/laurel/blob/master/man/laurel-about.7.md
 */
export const laurel = defineSource({
  name: 'laurel',
  title: 'Laurel audit log',
  serves: [AUDITD, ...Object.values(LINUX)],
  recognise: ({ json }) => isObject(json) && ID.test(textOf(json['ID']) ?? '') && typesOf(json).length > 0,
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

const ID = /^(\d{1,11})\.(\d{1,3}):(\d{1,10})$/
/** Records of the audit log are named in capitals, and so is what Laurel adds: these are no records. */
const ADDED = new Set(['ID', 'NODE', 'PARENT_INFO', 'CONTAINER_INFO', 'SYSTEMD_INFO'])

function typesOf(json: JsonObject): readonly string[] {
  return Object.keys(json).filter(
    (name) =>
      !ADDED.has(name) && /^[A-Z][A-Z0-9_]+(?:\[\d+\])?$/.test(name) && typeof json[name] === 'object',
  )
}

function decode({ json, text, stream, position }: FramedRecord): Decoded {
  const [, seconds, fraction = '', serial] = ID.exec(isObject(json) ? (textOf(json['ID']) ?? '') : '') ?? []
  if (!isObject(json) || seconds === undefined) return failed('not an event of Laurel')
  const time = inRange(Number(seconds) * 1000 + Number(fraction.padEnd(3, '0')))
  if (time === undefined) return failed('event of Laurel without a time')
  const records = typesOf(json).flatMap((type) => recordsOf(type, json[type]))
  const base = { time, source: 'laurel', resource: resourceOf(json) } as const
  const id = `${stream}@${position}`
  const content = contentOf(text)
  const meaning = meaningOf(partsOf(json, records))
  const events: readonly Event[] = [
    ...(meaning === undefined
      ? []
      : [
          {
            ...base,
            id,
            // as auditd's own log names it: where both are read, it is one happening
            once: `auditd:${textOf(json['NODE']) ?? ''}:${time}:${Number(serial)}`,
            logsource: LINUX[meaning.category],
            record: meaning.record,
            mapping: LINUX_MAPPING,
            ...hostFileOf(meaning.record['TargetFilename']),
          },
        ]),
    ...records.map(({ type, fields }, index) => ({
      ...base,
      id: `${id}#${index}`,
      logsource: AUDITD,
      record: recordOf(type, fields),
      mapping: OWN_NAMES,
    })),
  ]
  const identity = { id: `laurel:${textOf(json['NODE']) ?? ''}:${time}:${serial}:${content}`, content }
  return { kind: 'evaluated', events, facts: [], identity }
}

interface LaurelRecord {
  readonly type: string
  /** As the audit log would have them: texts, and numbers of calls in hex. */
  readonly fields: Readonly<Record<string, string>>
  /** What Laurel wrote. */
  readonly json: JsonObject
}

function recordsOf(type: string, value: unknown): readonly LaurelRecord[] {
  const records = Array.isArray(value) ? value : [value]
  return records.filter(isObject).map((json) => ({ type, json, fields: fieldsOf(type, json) }))
}

function fieldsOf(type: string, json: JsonObject): Readonly<Record<string, string>> {
  const args = argumentsOf(json)
  const fields: [string, string][] = Object.entries(json).flatMap(([name, value]): [string, string][] => {
    const text = textIn(name, value)
    return text === undefined || name === 'ARGV' || name === 'ARGV_STR' ? [] : [[name, text]]
  })
  if (type === 'PROCTITLE') return { ...Object.fromEntries(fields), proctitle: args.join('\0') }
  const isCall = type === 'SYSCALL'
  const numbered = args.map((text, index): [string, string] => [
    `a${index}`,
    isCall ? text.replace(/^0x/, '') : text,
  ])
  const told = isCall
    ? fields.map(([name, text]): [string, string] => [name, plainNumber(name, text)])
    : fields
  return Object.fromEntries([...told, ...numbered])
}

/** A sockaddr is no text: it is told in hex, as the audit log does. */
function textIn(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return numberText(value)
  return name === 'saddr' ? bytesOf(value).toString('hex').toUpperCase() : unescaped(value)
}

/** Laurel writes `0xc000003e` for what the audit log calls `c000003e`. */
function plainNumber(name: string, text: string): string {
  return name === 'arch' || /^a\d$/.test(name) ? text.replace(/^0x/, '') : text
}

function numberText(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}

/** A list, or one text with the arguments behind each other where it is configured so. */
function argumentsOf(json: JsonObject): readonly string[] {
  const list = listOf(json['ARGV']).map((each) => (typeof each === 'string' ? unescaped(each) : ''))
  if (list.length > 0) return list
  const text = textOf(json['ARGV_STR'])
  return text === undefined ? [] : unescaped(text).split(' ')
}

/** Bytes that are no text, and `%` itself, are percent-encoded. */
function unescaped(text: string): string {
  return text.includes('%') ? bytesOf(text).toString('utf8') : text
}

function bytesOf(text: string): Buffer {
  const pieces = text.split(/(%[\da-fA-F]{2})/)
  return Buffer.concat(
    pieces.map((piece, index) =>
      index % 2 === 1 ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece, 'utf8'),
    ),
  )
}

function partsOf(json: JsonObject, records: readonly LaurelRecord[]): AuditParts {
  const of = (type: string): LaurelRecord | undefined => records.find((record) => record.type === type)
  const parts: AuditParts = {
    ...emptyParts(),
    paths: records.filter(({ type }) => type === 'PATH').map(({ fields }) => fields),
    args: [...argumentsOf(of('EXECVE')?.json ?? {})],
    socket: socketIn(of('SOCKADDR')),
  }
  const syscall = of('SYSCALL')
  if (syscall !== undefined) parts.syscall = syscall.fields
  const cwd = of('CWD')?.fields['cwd']
  if (cwd !== undefined) parts.cwd = cwd
  const title = of('PROCTITLE')
  if (title !== undefined) parts.title = argumentsOf(title.json)
  const how = of('OPENAT2')?.json['oflag']
  if (how !== undefined) parts.openFlags = octalOf(how)
  const parent = parentOf(json, syscall?.json ?? {})
  if (parent !== undefined) parts.parent = parent
  return parts
}

/** Numbers in octal are written `0o102`. */
function octalOf(value: unknown): number {
  if (typeof value === 'number') return value
  const [, digits] = /^(?:0o?)?([0-7]{1,12})$/.exec(textOf(value) ?? '') ?? []
  return digits === undefined ? 0 : Number.parseInt(digits, 8)
}

/** `saddr` is bytes, percent-encoded; where Laurel translates it, `SADDR` says what they mean. */
function socketIn(record: LaurelRecord | undefined): SocketEnd | undefined {
  if (record === undefined) return undefined
  const raw = textOf(record.json['saddr'])
  const end = raw === undefined ? undefined : socketEnd(bytesOf(raw))
  if (end !== undefined) return end
  const told = record.json['SADDR']
  const text = isObject(told)
    ? Object.entries(told)
        .map(([name, value]) => `${name}=${textOf(value) ?? numberText(value) ?? ''}`)
        .join(' ')
    : textOf(told)
  return text === undefined ? undefined : socketOf({ SADDR: text })
}

/** The program of the parent, which Laurel remembers; older versions put it into the record of the call. */
function parentOf(json: JsonObject, syscall: JsonObject): AuditParts['parent'] {
  const parent = [json['PARENT_INFO'], syscall['PPID']].find(isObject)
  const executable = textOf(parent?.['exe'])
  if (parent === undefined || executable === undefined) return undefined
  return { executable: unescaped(executable), args: argumentsOf(parent) }
}

function resourceOf(json: JsonObject): Resource {
  const node = textOf(json['NODE'])
  const told = [json['CONTAINER_INFO'], objectOf(json['SYSCALL'])['CONTAINER']].find(isObject)
  const container = textOf(told?.['ID'] ?? told?.['id'])
  return {
    ...(node !== undefined && { 'host.name': node }),
    ...(container !== undefined && /^[\da-f]{64}$/.test(container) && { 'container.id': container }),
  }
}
