import { instantOf } from '../domain/zoned-time.ts'
import { inRange, timeOf } from './time.ts'

/** What stands before the message of a line of syslog; what it does not say is undefined. */
export interface SyslogHeader {
  /** ms since the epoch. */
  readonly time: number | undefined
  readonly host: string | undefined
  readonly severity: number | undefined
  /** What is left: program, process and message, in whatever form the sender has for them. */
  readonly rest: string
}

const PRIORITY = /^<(\d{1,3})>/
/** RFC 5424: version, time, host, program, process, message id, structured data. */
const RFC_5424 = /^1 (\S+) (\S+) (\S+) (\S+) \S+ (?:-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+) ?(.*)$/s
const ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d))\s+/
/** RFC 3164, and devices that write the year before or behind the day. */
const DAY =
  /^(?:(\d{4}) )?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d:\d\d:\d\d)(?:\.\d{1,6})?( (?:UTC|GMT))?:? +/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * Reads the header of a line of syslog (RFC 3164, RFC 5424, or a time alone). A time without a year is the last such
 * before `received`; one without a zone is in `zone` (IANA). `hasHost` says whether what follows a time is a host.
 */
export function syslogHeader(
  line: string,
  received: number | undefined,
  hasHost: (word: string, rest: string) => boolean,
  zone = 'UTC',
): SyslogHeader {
  const priority = PRIORITY.exec(line)
  const severity = priority === null ? undefined : Number(priority[1]) % 8
  const text = priority === null ? line : line.slice(priority[0].length)
  const [, stamp, host, program, process, message = ''] = RFC_5424.exec(text) ?? []
  if (stamp !== undefined)
    return {
      time: timeOf(stamp),
      host: known(host),
      severity,
      rest: `${known(program) ?? ''}${known(process) === undefined ? '' : `[${process}]`}: ${message}`,
    }
  const iso = ISO.exec(text)
  const day = iso === null ? DAY.exec(text) : null
  const time = iso === null ? (day === null ? undefined : timeOfDay(day, received, zone)) : timeOf(iso[1])
  const rest = text.slice((iso ?? day)?.[0].length ?? 0)
  const blank = rest.indexOf(' ')
  const word = blank === -1 ? '' : rest.slice(0, blank)
  const isHost = (iso !== null || day !== null) && word !== '' && hasHost(word, rest.slice(blank + 1))
  return {
    time,
    severity,
    host: isHost ? word : undefined,
    rest: isHost ? rest.slice(blank + 1) : rest,
  }
}

function known(word: string | undefined): string | undefined {
  return word === '-' ? undefined : word
}

const DAY_MS = 86_400_000

function timeOfDay(day: RegExpExecArray, received: number | undefined, zone: string): number | undefined {
  const [, before, name = '', date, behind, clock = '', utc] = day
  const month = MONTHS.indexOf(name)
  const year = before ?? behind
  if (month === -1) return undefined
  const at = (of: number): number =>
    instantOf(
      Date.parse(`${new Date(Date.UTC(of, month, Number(date))).toISOString().slice(0, 10)}T${clock}Z`),
      utc === undefined ? zone : 'UTC',
    )
  if (year !== undefined) return inRange(at(Number(year)))
  if (received === undefined) return undefined
  const now = new Date(received).getUTCFullYear()
  const time = at(now)
  return inRange(time > received + DAY_MS ? at(now - 1) : time)
}
