import { inRange } from './time.ts'

/** One line of an audit log: a record, which may be one of several about the same event. */
export interface AuditLine {
  /** Who wrote it, where the log says so. */
  readonly node: string | undefined
  readonly type: string
  /** ms since the epoch. */
  readonly time: number
  /** Unsigned, 32 bits: counts on from boot, and begins anew behind the largest. */
  readonly serial: number
  /** The record without what a log daemon wrote before it. */
  readonly text: string
  readonly fields: AuditFields
}

/** What a record says, each value as text; of a field that is told several times the first. */
export type AuditFields = Readonly<Record<string, string>>

const STAMP =
  /type=([A-Z][A-Z0-9_]{0,63}|UNKNOWN\[\d{1,5}\]|\d{4}) (?:msg=)?audit\((\d{1,11})\.(\d{1,3}):(\d{1,10})\):?/
const RECORD = new RegExp(`^(?:node=(\\S{1,255}) )?${STAMP.source}`)
/** What a log daemon writes before a record: by the plugin of auditd, or the kernel where no auditd runs. */
const LOGGED = new RegExp(
  String.raw`^(?:<\d{1,3}>)?(?:1 )?` +
    String.raw`(?:[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,+Z-]{8,32}) (\S{1,255}) ` +
    String.raw`(?:(?:audispd|audisp-syslog|auditd|audit)(?:\[\d{1,10}\]:?|:)? (?:[\d-]{1,10} \S{1,64} \S{1,64} )?` +
    String.raw`|kernel(?:: | - - - )(?:\[ *\d+\.\d+\] )?audit: )(?=(?:node=\S{1,255} )?type=)`,
)
/** Longer beginnings hold no header. */
const BEGINNING = 1_024

/** Whether a line is of an audit log; cheap. */
export function looksLikeAudit(text: string): boolean {
  if (!text.slice(0, BEGINNING).includes('audit(')) return false
  return RECORD.test(text.slice(0, BEGINNING)) || LOGGED.test(text.slice(0, BEGINNING))
}

/** Takes a line apart; undefined where it is none, or says no time. */
export function parseAuditLine(line: string): AuditLine | undefined {
  const header = LOGGED.exec(line.slice(0, BEGINNING))
  const text = header === null ? line : line.slice(header[0].length)
  const [match, node, type = '', seconds, fraction = '', serial] = RECORD.exec(text.slice(0, BEGINNING)) ?? []
  if (match === undefined) return undefined
  const time = inRange(Number(seconds) * 1000 + Number(fraction.padEnd(3, '0')))
  if (time === undefined || Number(serial) > 0xffffffff) return undefined
  const name = NUMBERS[type] ?? type
  return {
    node: node ?? header?.[1],
    type: name,
    time,
    serial: Number(serial),
    text,
    fields: fieldsOf(text.slice(match.length), name),
  }
}

/** What the kernel's own log calls records by: https://github.com/linux-audit/audit-documentation/wiki. */
const NUMBERS: Readonly<Record<string, string>> = {
  1300: 'SYSCALL',
  1302: 'PATH',
  1303: 'IPC',
  1304: 'SOCKETCALL',
  1305: 'CONFIG_CHANGE',
  1306: 'SOCKADDR',
  1307: 'CWD',
  1309: 'EXECVE',
  1318: 'OBJ_PID',
  1320: 'EOE',
  1321: 'BPRM_FCAPS',
  1325: 'NETFILTER_CFG',
  1326: 'SECCOMP',
  1327: 'PROCTITLE',
  1330: 'KERN_MODULE',
  1334: 'BPF',
  1336: 'URINGOP',
  1337: 'OPENAT2',
  1400: 'AVC',
  1404: 'MAC_STATUS',
  1700: 'ANOM_PROMISCUOUS',
  1701: 'ANOM_ABEND',
}

/** Behind it stands what auditd looked up: names of users, of the system call, of the architecture. */
const ENRICHED = '\u001d'

function fieldsOf(text: string, type: string): AuditFields {
  const end = text.indexOf(ENRICHED)
  const raw = end === -1 ? text : text.slice(0, end)
  const fields = new Map<string, string>()
  read(raw, type, fields)
  if (end !== -1) read(text.slice(end + 1), '', fields)
  if (type === 'AVC') {
    const [, result, permissions] = /^\s*avc:\s+(\w+)\s+\{ ([\w ]+) \}/.exec(raw) ?? []
    if (result !== undefined && permissions !== undefined)
      fields.set('seresult', result).set('seperms', permissions.trim())
  }
  return Object.fromEntries(fields)
}

const PAIR = /([^\s="'{}()]+)=("[^"]*"|'|\{[^}]*\}|[^\s]*)/g

/** Pairs may stand within `msg='…'`: what a program says is told beside what the kernel says, which comes first. */
function read(text: string, type: string, into: Map<string, string>): void {
  for (const [, name = '', written = ''] of text.matchAll(PAIR)) {
    if (written === "'" || into.has(name)) continue
    const value = valueOf(name, written, type)
    if (value !== undefined) into.set(name, value)
  }
}

/** Fields of which others choose the text: quoted where it is plain, in hex where it is not. */
const UNTRUSTED = new Set(
  `name comm exe cwd cmd proctitle data path dir key ocomm file sw grp new_group cgroup watch
   invalid_context`.split(/\s+/),
)
const ARGUMENT = /^a\d+(?:\[\d+\])?$/

function valueOf(name: string, written: string, type: string): string | undefined {
  if (written.startsWith('"')) return written.slice(1, -1)
  if (written === '(null)') return undefined
  // older programs wrote lists: hostname=?, addr=?, terminal=cron res=success)'
  const value = /[,)']$/.test(written) ? trimmed(written) : written
  if (value.startsWith('{')) return value
  const isText = UNTRUSTED.has(name) || (type === 'EXECVE' && ARGUMENT.test(name))
  // capitals alone: an account may well be called cafe
  if (isText ? HEX.test(value) : name === 'acct' && CAPITAL_HEX.test(value)) return unhex(name, value)
  return value
}

const HEX = /^(?:[\da-f]{2})+$/i
const CAPITAL_HEX = /^(?:[\dA-F]{2})*[A-F][\dA-F]*$/

function trimmed(value: string): string {
  const plain = value.replace(/[,']+$/, '')
  return plain.endsWith(')') && !plain.includes('(') ? plain.slice(0, -1) : plain
}

/** Of a piece of an argument byte by byte, for it may end within a character. */
function unhex(name: string, value: string): string {
  return Buffer.from(value, 'hex').toString(name.endsWith(']') ? 'latin1' : 'utf8')
}
