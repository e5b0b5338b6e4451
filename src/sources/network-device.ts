import type { Event, EventLogsource } from '../domain/event.ts'
import { contentOf, OWN_NAMES, servedBy } from './events.ts'
import { known } from './json.ts'
import { deviceFields } from './network-device-message.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { syslogHeader } from './syslog-header.ts'

/** How makers name a message: facility, severity, mnemonic. */
const MARKS = {
  // %SYS-5-CONFIG_I: of Cisco, and of those who write as Cisco does
  cisco: /%([A-Z][A-Z\d_]*(?:-[A-Z\d_]+)*)-([0-7])-([A-Z][A-Z\d_]*) ?: ?/,
  // %%01SHELL/5/CMDRECORD(s)[12]:
  huawei: /%%\d{2}([A-Z][A-Z\d_]*)\/([0-7])\/([A-Za-z][\w-]*)(?:\(\w+\))?(?:\[\d+\])?: ?/,
  // mgd[4242]: UI_CMDLINE_READ_LINE:
  juniper: /(?:^|[ :])(UI|RPD|SNMPD|SSHD|LOGIN)()_([A-Z][A-Z\d_]{2,63}): /,
} as const
type Maker = keyof typeof MARKS
const MAKERS = Object.keys(MARKS) as readonly Maker[]

/** Public rules for Cisco ask for accounting, routing and label distribution by services of their own. */
const SERVICES: readonly (readonly [RegExp, string])[] = [
  [/^(?:AAA|PARSER|HA_EM|SYS)\b/, 'aaa'],
  [/^BGP/, 'bgp'],
  [/^LDP/, 'ldp'],
]
const LOGSOURCES: ReadonlyMap<string, EventLogsource> = new Map(
  MAKERS.flatMap((maker) =>
    ['', 'aaa', 'bgp', 'ldp'].map((service) => [
      `${maker}/${service}`,
      Object.freeze({
        product: maker,
        service: 'syslog',
        also: [{ category: 'network_device' }, ...(service === '' ? [] : [{ product: maker, service }])],
      }),
    ]),
  ),
)

/** Messages of routers, switches and firewalls by syslog, by the marks that their makers put before them. */
export const networkDevice = defineSource({
  name: 'network.device',
  title: 'Network devices',
  serves: servedBy(LOGSOURCES.values()),
  recognise: ({ json, text }) => json === undefined && markOf(text) !== undefined,
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

interface Mark {
  readonly maker: Maker
  readonly facility: string
  readonly severity: number | undefined
  readonly mnemonic: string
  /** What stands before it. */
  readonly header: string
  readonly message: string
}

/** So far into a line a mark may stand. */
const MAX_HEADER = 512

function markOf(text: string): Mark | undefined {
  const beginning = text.slice(0, MAX_HEADER)
  for (const maker of MAKERS) {
    const found = MARKS[maker].exec(beginning)
    if (found === null || (maker === 'juniper' && !isHeader(text))) continue
    const [whole, facility = '', severity = '', mnemonic = ''] = found
    return {
      maker,
      facility,
      severity: severity === '' ? undefined : Number(severity),
      mnemonic,
      header: text.slice(0, found.index),
      message: text.slice(found.index + whole.length),
    }
  }
  return undefined
}

/** Juniper's marks are words that other logs have, too. */
function isHeader(text: string): boolean {
  return /^(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT)/.test(text)
}

function decode({ text, stream, position, received, zone }: FramedRecord): Decoded {
  const mark = markOf(text)
  if (mark === undefined) return failed('not a message of a network device')
  const header = syslogHeader(
    mark.header,
    received,
    (word) => /^[A-Za-z\d][\w.:-]*$/.test(word) && !/^\d+:$/.test(word),
    zone,
  )
  // a clock that was never set is marked, and begins in March 1993
  const isUnset = /(?:^|[ :])[*.][A-Z][a-z]{2} /.test(mark.header)
  const time = (isUnset ? undefined : (header.time ?? ownTime(mark.header, received, zone))) ?? received
  if (time === undefined) return failed('network device: message without a time')
  const service = SERVICES.find(([facility]) => facility.test(mark.facility))?.[1] ?? ''
  const { User: user, ...fields } = deviceFields(mark.maker, mark.message)
  const event: Event = {
    id: `${stream}@${position}`,
    time,
    source: 'network.device',
    logsource: LOGSOURCES.get(`${mark.maker}/${service}`) ?? { category: 'network_device' },
    resource: known({ 'host.name': header.host?.replace(/:$/, ''), 'user.name': user }) as Event['resource'],
    record: known({
      message: mark.message,
      'event.code': codeOf(mark),
      'syslog.severity': mark.severity,
      User: user,
      ...fields,
    }),
    mapping: OWN_NAMES,
  }
  const content = contentOf(text.trimEnd())
  return {
    kind: 'evaluated',
    events: [event],
    facts: [],
    // without a time or a number of its own a message comes again
    ...(header.time !== undefined && { identity: { id: `network.device:${content}`, content } }),
  }
}

function codeOf({ maker, facility, severity, mnemonic }: Mark): string {
  if (maker === 'juniper') return `${facility}_${mnemonic}`
  return maker === 'huawei'
    ? `%%${facility}/${severity}/${mnemonic}`
    : `%${facility}-${severity}-${mnemonic}:`
}

/** The device's own time behind its number of the message: `29: Nov 20 10:00:00.123 UTC: `. */
function ownTime(header: string, received: number | undefined, zone?: string): number | undefined {
  const from = header.search(/(?:\d{4} )?[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d/)
  return from === -1 ? undefined : syslogHeader(`${header.slice(from)} `, received, () => false, zone).time
}
