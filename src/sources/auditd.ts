import { hostFileOf } from '../domain/container-root.ts'
import type { Event, Fact, Finding, Logsource } from '../domain/event.ts'
import { callName } from './audit-event.ts'
import { looksLikeAudit, parseAuditLine } from './audit-line.ts'
import type { AuditLine } from './audit-line.ts'
import { createPendingEvents } from './audit-pending.ts'
import type { AuditWhole } from './audit-pending.ts'
import { createSerials } from './audit-serials.ts'
import type { MissingSerials } from './audit-serials.ts'
import { contentOf, OWN_NAMES } from './events.ts'
import { isObject, listOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { LINUX, LINUX_MAPPING } from './linux-event.ts'
import { defineSource, failed } from './source.ts'
import type { Decoder, FramedRecord } from './source.ts'

/** What SigmaHQ's rules for auditd are written against: one record, under audit's own names. */
export const AUDITD: Logsource = Object.freeze({ product: 'linux', service: 'auditd' })

/**
 * The kernel's audit log as auditd writes it (raw or enriched), sends it by syslog, or the kernel logs it where no auditd
 * runs. Each record is an event by itself; those about one system call together are one of its category.
 * https://github.com/linux-audit/audit-documentation/wiki
 */
export const auditd = defineSource({
  name: 'auditd',
  title: 'Linux audit log',
  serves: [AUDITD, ...Object.values(LINUX)],
  recognise: ({ json, text }) => json === undefined && looksLikeAudit(text),
  decoder: createDecoder,
})

function createDecoder(checkpoint?: unknown): Decoder {
  const from: JsonObject = isObject(checkpoint) ? checkpoint : {}
  const pending = createPendingEvents(from['pending'])
  const serials = createSerials(from['serials'])
  const ended = new Map(
    listOf(from['ended']).filter(
      (entry): entry is [string, number] =>
        Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number',
    ),
  )
  return {
    continues: isComment,
    decode(record) {
      if (isComment(record)) return { kind: 'evaluated', events: [], facts: [] }
      const { text, stream, position } = record
      const line = parseAuditLine(text)
      if (line === undefined) return failed('audit record without a time or a number')
      const content = contentOf(line.text)
      const whole = pending.take(line).map(wholeEvent)
      const findings = [...serials.observe(line).map(gapFinding), ...pauseOf(line, ended)]
      return {
        kind: 'evaluated',
        events: line.type === 'EOE' ? [] : [recordEvent(line, `${stream}@${position}`)],
        facts: findings.map((finding): Fact => ({ kind: 'finding', finding })),
        identity: { id: `auditd:${stampOf(line)}:${line.type}:${content}`, content },
        ...(whole.length > 0 && { completed: whole }),
      }
    },
    settle: () => ({
      events: pending.settle().map(wholeEvent),
      facts: serials.settle().map((missing): Fact => ({ kind: 'finding', finding: gapFinding(missing) })),
    }),
    checkpoint() {
      const state = {
        pending: pending.checkpoint(),
        serials: serials.checkpoint(),
        ended: ended.size === 0 ? undefined : [...ended],
      }
      return Object.values(state).every((part) => part === undefined) ? undefined : state
    },
  }
}

/** Who keeps logs writes into them. */
function isComment({ json, text }: FramedRecord): boolean {
  return json === undefined && text.startsWith('#')
}

/** Machine, time and number: what all records of one event share. */
function stampOf({ node, time, serial }: Pick<AuditLine, 'node' | 'time' | 'serial'>): string {
  return `${node ?? ''}:${time}:${serial}`
}

function recordEvent(line: AuditLine, id: string): Event {
  return {
    id,
    time: line.time,
    source: 'auditd',
    logsource: AUDITD,
    resource: resourceOf(line.node),
    record: recordOf(line.type, line.fields),
    mapping: OWN_NAMES,
  }
}

/** A record under audit's own names, with what auditd may have left out: the system call's name. */
export function recordOf(type: string, fields: Readonly<Record<string, unknown>>): JsonObject {
  const record: Record<string, unknown> = { type }
  for (const [name, value] of Object.entries(fields)) put(record, name, value)
  if (type === 'SYSCALL' && record['SYSCALL'] === undefined) put(record, 'SYSCALL', callName(fields as never))
  return record
}

function put(record: Record<string, unknown>, name: string, value: unknown): void {
  const [, argument, piece] = /^(a\d{1,5})(\[\d+\])$/.exec(name) ?? []
  if (argument !== undefined && piece !== undefined) {
    const bytes = Buffer.from(String(value), 'latin1').toString('utf8')
    record[argument] = `${textIn(record[argument])}${bytes}`
  } else if (value !== undefined && name !== 'type') {
    record[name === '__proto__' ? '_proto_' : name] = plainly(name, value)
  }
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Several keys, and the arguments in a title, are told with control characters between them. */
function plainly(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (name === 'proctitle') return value.replaceAll('\0', ' ')
  return name === 'key' && value.includes('\u0001') ? value.split('\u0001') : value
}

function wholeEvent(whole: AuditWhole): Event {
  const id = `auditd:${stampOf(whole)}`
  return {
    id,
    // a log that is read from two places has its events once
    once: id,
    time: whole.time,
    source: 'auditd',
    logsource: LINUX[whole.meaning.category],
    resource: resourceOf(whole.node),
    record: whole.meaning.record,
    mapping: LINUX_MAPPING,
    ...hostFileOf(whole.meaning.record['TargetFilename']),
  }
}

function resourceOf(node: string | undefined): Event['resource'] {
  return node === undefined ? {} : { 'host.name': node }
}

const HOUR = 3_600_000

/** Told once an hour for each machine: rules may leave out whole records, and then each gap is one. */
function gapFinding({ node, count, since, until }: MissingSerials): Finding {
  return {
    id: `auditd:gap:${node}:${Math.floor(since / HOUR)}`,
    kind: 'producer-loss',
    about: 'auditd',
    since,
    until,
    message: `numbers of audit events are missing, ${count} of them at first: they were lost, or rules of the exclude list left them out`,
    lost: { source: 'auditd', records: count },
    resource: resourceOf(node === '' ? undefined : node),
  }
}

const ENDS = new Set(['DAEMON_END', 'DAEMON_ABORT'])

/** From its end to its next start auditd writes nothing. */
function pauseOf({ type, node, time }: AuditLine, ended: Map<string, number>): readonly Finding[] {
  const key = node ?? ''
  const since = ENDS.has(type) ? time : ended.get(key)
  if (since === undefined || !(ENDS.has(type) || type === 'DAEMON_START')) return []
  if (type === 'DAEMON_START') ended.delete(key)
  else if (ended.size < 64) ended.set(key, time)
  return [
    {
      id: `auditd:ended:${key}:${since}`,
      kind: 'unobserved-interval',
      about: 'auditd',
      since,
      until: Math.max(since, time),
      message: 'auditd ended: until it is started again nothing is written to its log',
      resource: resourceOf(node),
    },
  ]
}
