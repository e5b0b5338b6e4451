import type { Level } from '../domain/match.ts'
import type { Delivery } from './action.ts'
import { messageOf } from './message.ts'
import { noticeView } from './notice-view.ts'

export const FACILITIES = {
  user: 1,
  daemon: 3,
  auth: 4,
  authpriv: 10,
  audit: 13,
  alert: 14,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const
export type Facility = keyof typeof FACILITIES

/** RFC 5424, 6.2.1. */
const SEVERITIES: Readonly<Record<Level, number>> = {
  critical: 2,
  high: 3,
  medium: 4,
  low: 5,
  informational: 6,
}

export interface SyslogParts {
  readonly facility: Facility
  readonly hostname: string
  /** Private enterprise number of the structured data's name. */
  readonly enterprise: number
  /** Bytes of the whole message. */
  readonly limit: number
}

/** One RFC 5424 message: the key and ids as structured data, then text for people, cut to the limit. One line. */
export function syslogMessage(delivery: Delivery, parts: SyslogParts): Buffer {
  const { notice, key } = delivery
  const { title, level, lines, link } = messageOf(delivery)
  const priority = FACILITIES[parts.facility] * 8 + SEVERITIES[level]
  const { type } = noticeView(delivery)
  const data = {
    key,
    type,
    level,
    ...(notice.kind === 'incident'
      ? { incident: notice.incident.id, alert: notice.alert.id, strategy: notice.alert.strategy }
      : {}),
    ...(notice.kind === 'digest' ? { count: String(notice.count) } : {}),
    link,
  }
  const structured = Object.entries(data)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join('')
  const time = new Date(notice.at).toISOString()
  const head = `<${priority}>1 ${time} ${name(parts.hostname)} tallyman - ${type} [tallyman@${parts.enterprise}${structured}] \u{feff}`
  const text = [title, ...lines.map(([label, value]) => `${label}: ${value}`)].join('; ')
  return Buffer.concat([Buffer.from(head), clipped(Buffer.from(text), parts.limit - Buffer.byteLength(head))])
}

/** Within a value `"`, `\` and `]` stand behind a backslash (RFC 5424, 6.3.3). */
function escaped(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/["\\\]]/g, '\\$&')
}

/** PRINTUSASCII, at most 255; a dash where there is none. */
function name(text: string): string {
  const printable = text.replace(/[^\u0021-\u007e]/g, '').slice(0, 255)
  return printable === '' ? '-' : printable
}

/** The longest beginning that is whole characters of UTF-8. */
function clipped(bytes: Buffer, limit: number): Buffer {
  if (bytes.length <= limit) return bytes
  let end = Math.max(0, limit)
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}
