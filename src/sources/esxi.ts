import type { Event, EventLogsource } from '../domain/event.ts'
import { contentOf, OWN_NAMES, servedBy } from './events.ts'
import { known } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { syslogHeader } from './syslog-header.ts'

/** Programs whose lines rules ask for; those of others have the product alone. */
const SERVICES = [
  'shell',
  'hostd',
  'vpxa',
  'vobd',
  'vmkernel',
  'sshd',
  'ssh',
  'dcui',
  'vmx',
  'rhttpproxy',
  'vmauthd',
]
const LOGSOURCES: ReadonlyMap<string, EventLogsource> = new Map(
  SERVICES.map((service) => [service, Object.freeze({ product: 'esxi', service })]),
)
const OTHER: EventLogsource = Object.freeze({ product: 'esxi' })
/** A command that somebody typed is a process to those who write rules for ESXi. */
const COMMAND: EventLogsource = Object.freeze({
  product: 'esxi',
  service: 'shell',
  also: [{ product: 'linux', category: 'process_creation' }],
})

const TIME = String.raw`^(?:<\d{1,3}>)?(?:1 )?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z `
/** `In(38) sshd[1053654]:` of ESXi 8; its own mark in hostd's lines; or one of its programs. */
const LINE = new RegExp(
  `${TIME}(?:[A-Z][a-z]\\(\\d{1,3}\\) |.{0,256}\\[Originator@6876 |(?:\\S{1,255} )?(?:shell|ESXShell|Hostd|hostd|Vpxa|vpxa|vobd|vmkernel|vmkwarning|DCUI|dcui|SSH|Rhttpproxy|rhttpproxy|vmauthd)(?:(?:\\[\\d+\\])?: | \\S{1,64} \\S{1,64} (?:-|\\[)))`,
  's',
)

/** Logs of VMware ESXi: files below /var/log, or what it sends by syslog. */
export const esxi = defineSource({
  name: 'esxi',
  title: 'VMware ESXi logs',
  serves: servedBy([...LOGSOURCES.values(), COMMAND, OTHER]),
  recognise: ({ json, text }) => json === undefined && LINE.test(text),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

const LEVEL = /^([A-Z][a-z])\((\d{1,3})\) /
/** `Hostd[1050748]: …`, `info hostd[1050748] [Originator…] …`, `vmx vim-cmd-09-a45d …`, `vmx - …`. */
const PROGRAM =
  /^(?:(?:Hostd|Vpxa): )?(?:(?:info|warning|error|verbose|trivia|panic) )?([A-Za-z][\w.-]{0,63})(?:\[(\d{1,10})\])?:? +(.*)$/s
/** As syslog numbers them. */
const SEVERITIES: Readonly<Record<string, number>> = {
  Em: 0,
  Al: 1,
  Cr: 2,
  Er: 3,
  Wa: 4,
  No: 5,
  In: 6,
  Db: 7,
}

function decode({ text, stream, position, received, zone }: FramedRecord): Decoded {
  if (!LINE.test(text)) return failed('not a line of ESXi')
  const header = syslogHeader(text, received, isHost, zone)
  if (header.time === undefined) return failed('esxi: line without a time')
  const level = LEVEL.exec(header.rest)
  const said = level === null ? header.rest : header.rest.slice(level[0].length)
  const [, program = '', process, message = said] = PROGRAM.exec(said) ?? []
  const service = program.toLowerCase() === 'esxshell' ? 'shell' : program.toLowerCase()
  const command = service === 'shell' ? commandOf(message) : undefined
  const event: Event = {
    id: `${stream}@${position}`,
    time: header.time,
    source: 'esxi',
    logsource: command === undefined ? (LOGSOURCES.get(service) ?? OTHER) : COMMAND,
    resource: header.host === undefined ? {} : { 'host.name': header.host },
    record: known({
      message,
      'syslog.appname': program === '' ? undefined : program,
      'syslog.severity': SEVERITIES[level?.[1] ?? ''],
      ProcessId: process === undefined ? undefined : Number(process),
      ...(command ?? hostdFields(message)),
    }),
    mapping: OWN_NAMES,
  }
  return { kind: 'evaluated', events: [event], facts: [], identity: identityOf(text) }
}

const LEVELS = new Set(['info', 'warning', 'error', 'verbose', 'trivia', 'panic'])

/** A host stands before a program, which ends with a colon or its process; so does a level. */
function isHost(word: string, rest: string): boolean {
  return /^[\w.-]+$/.test(word) && /^\S{1,64}(?:: |\[\d+\])/.test(rest) && !LEVELS.has(word)
}

/** The line itself: ESXi writes microseconds at best, and the same line comes as a file and by syslog. */
function identityOf(text: string): { readonly id: string; readonly content: string } {
  const content = contentOf(text.trimEnd())
  return { id: `esxi:${content}`, content }
}

/** `[root]: esxcli system version get`: who typed what. ESXi's commands stand in /bin. */
function commandOf(message: string): JsonObject | undefined {
  const [, user, line] = /^\[([^\]]{1,128})\]: (.+)$/s.exec(message) ?? []
  if (line === undefined) return undefined
  const words = line.trim().split(/\s+/)
  const [first = ''] = words
  const image = first.startsWith('/') ? first : `/bin/${first}`
  return {
    User: user,
    Image: image,
    CommandLine: line,
    'process.executable.name': first.slice(first.lastIndexOf('/') + 1),
    'process.command_args': words,
  }
}

/** What hostd says in one form: who asked, an option that was set, an event by its number. */
function hostdFields(message: string): JsonObject {
  const [, key, value] = /Set called with key '([^']{1,256})' value '(.*)'/s.exec(message) ?? []
  return {
    User: /\buser=([^\]\s]{1,128})/.exec(message)?.[1],
    'esxi.option.key': key,
    'esxi.option.value': value,
    'esxi.event': /\bEvent (\d{1,10}) : /.exec(message)?.[1],
  }
}
