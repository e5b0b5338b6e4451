import type { Event } from '../domain/event.ts'
import { contentOf, servedBy } from './events.ts'
import { isObject, jsonText, textOf } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord, Identity, Source } from './source.ts'
import { timeOf } from './time.ts'
import { readEvtx } from './windows-evtx.ts'
import { isSysmon, readFlat } from './windows-flat.ts'
import { isScalar } from './windows-record.ts'
import type { WindowsRecord } from './windows-record.ts'
import { serviceOf } from './windows-services.ts'
import { readSnare, readSnareLine } from './windows-snare.ts'
import { logsourcesOf, meaningOf } from './windows-taxonomy.ts'
import { readWazuh } from './windows-wazuh.ts'
import { readWinlogbeat } from './windows-winlogbeat.ts'
import { readEventXml } from './windows-xml.ts'

type WindowsSource = Extract<Event['source'], `windows.${string}` | 'sysmon.linux'>

/** The forms of JSON, those first that cost least to tell. */
const FORMS = [readEvtx, readWinlogbeat, readWazuh, readFlat, readSnare]

/** A record of the log, and whose it is. */
interface Read {
  readonly record: WindowsRecord
  readonly owner: WindowsSource
  readonly product: 'windows' | 'linux'
  readonly service: string | undefined
}

/**
 * A source of Windows' event log: the form is found by content, the source by the channel that a record names (else
 * by who logged it). All five read the same forms. `services` are those of Sigma that it owns.
 */
export function windowsSource(options: {
  readonly name: WindowsSource
  readonly title: string
  readonly services: readonly (string | undefined)[]
}): Source {
  const { name, title, services } = options
  const product = name === 'sysmon.linux' ? 'linux' : 'windows'
  return defineSource({
    name,
    title,
    serves: servedBy(services.flatMap((service) => logsourcesOf(product, service))),
    recognise: (record) => readOnce(record)?.owner === name,
    decoder: () => ({ decode, checkpoint: () => undefined }),
  })
}

const READ = new WeakMap<FramedRecord, Read | { readonly owner?: undefined }>()

/** All five sources are asked whose a record is, and one of them is then asked what it means. */
function readOnce(framed: FramedRecord): Read | undefined {
  const known = READ.get(framed)
  if (known !== undefined) return known.owner === undefined ? undefined : known
  const record = recordIn(framed)
  const read = record && ownedBy(record)
  READ.set(framed, read ?? {})
  return read
}

function recordIn({ json, text }: FramedRecord): WindowsRecord | undefined {
  if (json === undefined) return recordInText(text)
  if (!isObject(json)) return undefined
  for (const form of FORMS) {
    const record = form(json)
    if (record !== undefined) return record
  }
  return undefined
}

/** XML, maybe behind the header of a syslog line, or Snare's line. */
function recordInText(text: string): WindowsRecord | undefined {
  const at = text.indexOf('<Event')
  if (at === -1) return readSnareLine(text)
  // a header is short, and nothing of the event stands before it
  const xml = at > 512 ? undefined : readEventXml(text.slice(at))
  return xml && readEvtx(xml)
}

function ownedBy(record: WindowsRecord): Read {
  const { Channel: channel, Provider_Name: provider } = record.system
  const service =
    serviceOf(channel, provider) ?? (channel === undefined && isSysmon(record.data) ? 'sysmon' : undefined)
  const isLinux = provider === 'Linux-Sysmon' || channel === 'Linux-Sysmon/Operational'
  return isLinux
    ? { record, owner: 'sysmon.linux', product: 'linux', service: 'sysmon' }
    : { record, owner: OWNERS[service ?? ''] ?? 'windows.eventlog', product: 'windows', service }
}

const OWNERS: Readonly<Record<string, WindowsSource>> = {
  sysmon: 'windows.sysmon',
  security: 'windows.security',
  windefend: 'windows.defender',
}

function decode(framed: FramedRecord): Decoded {
  const read = readOnce(framed)
  if (read === undefined) return failed('not a record of the Windows event log')
  const { record, owner, product, service } = read
  const { system, data, message } = record
  const stated = record.time ?? timeOf(data['UtcTime'])
  const time = stated ?? framed.received
  if (time === undefined) return failed(`${owner}: record without a time`)
  const meaning = meaningOf(product, service, Number(system['EventID']), data)
  const host = textOf(system['Computer'])
  const identity = stated === undefined ? undefined : identityOf(record, stated)
  const event: Event = {
    id:
      identity === undefined
        ? `${framed.stream}@${framed.position}`
        : `${identity.id}@${identity.content.slice(0, 12)}`,
    time,
    source: owner,
    logsource: meaning.logsource,
    resource: host === undefined ? {} : { 'host.name': host },
    record: {
      ...displaced(data, system),
      ...data,
      ...meaning.derive?.(data),
      ...system,
      ...(message !== undefined && !('Message' in data) && { Message: message }),
    },
    mapping: meaning.mapping,
  }
  return { kind: 'evaluated', events: [event], facts: [], ...(identity !== undefined && { identity }) }
}

/** What a provider logs cannot stand for what the log itself says: it moves aside. */
function displaced(data: WindowsRecord['data'], system: WindowsRecord['system']): WindowsRecord['data'] {
  const names = Object.keys(data).filter((name) => Object.hasOwn(system, name))
  return Object.fromEntries(names.map((name) => [`EventData.${name}`, data[name]]))
}

/**
 * Each computer numbers the events of each of its logs, and begins anew when a log is made anew: the time tells those
 * apart. The content is what the provider logged, however it was written: forwarders add names of their own to the
 * rest, and drop what is empty.
 */
function identityOf({ system, data }: WindowsRecord, time: number): Identity | undefined {
  const { Computer: computer, Channel: channel, EventRecordID: number, EventID: id } = system
  if (typeof computer !== 'string' || typeof channel !== 'string' || !isScalar(number)) return undefined
  const said: [string, unknown][] = []
  for (const [name, value] of Object.entries(data))
    if (value !== null && value !== '') said.push([name, plain(value)])
  said.sort(([a], [b]) => (a < b ? -1 : 1))
  const place = `${computer.slice(0, 256)}:${channel.slice(0, 256)}:${String(number).slice(0, 32)}`
  return { id: `windows:${place}:${time}`, content: contentOf(jsonText([id, said])) }
}

const GUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i

/** One text for a value: a number may be written as text, a GUID with braces or without. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string') return Array.isArray(value) ? value.map(plain) : String(value)
  return value.length === 36 || value.length === 38
    ? value.replace(GUID, (_all, guid: string) => guid.toLowerCase())
    : value
}
