import { contentOf, servedBy } from './events.ts'
import { aideChange, aideFlagged } from './aide-entry.ts'
import { FILE_CHANGES, fileChangeEvent } from './file-change.ts'
import { isObject, jsonText, listOf, memberOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, Decoder, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'

/** What became of the entries of a list, by the list's name in JSON and above it in text. */
const LISTS = ['added', 'removed', 'changed'] as const
type List = (typeof LISTS)[number]

/** The first line of a report as text. */
const START = /^Start timestamp: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}) \(AIDE (\d[\d.a-z-]{0,30})\)$/
const END = /^End timestamp: /
const HEADING = /^(Added|Removed|Changed) entries:$/
const OTHER_HEADING = /^(?:Detailed information about changes:|The attributes of the .* database\(s\):)$/

/** How lines of a report begin, so that one that breaks off does not swallow what follows it. */
const REPORT =
  /^(?:\s|-{3}|\/|[A-Za-z|?!][^:]{2,30}: \/|(?:added|removed|changed): |(?:AIDE|New AIDE|Number of|Summary|Verbose|Ignored|Looks|End|Added|Removed|Changed|Detailed|The attributes|File|Directory|Link|FIFO|Socket|Device|Block|Character|Door|Port|Report|Limit)\b)/

/**
 * Reports of AIDE (https://aide.github.io/doc/), as JSON since 0.18 and as text. An entry is dated by the start
 * of the check that found it. Of a report as text, what was there before is not read.
 */
export const fimAide = defineSource({
  name: 'fim.aide',
  title: 'AIDE reports',
  serves: servedBy(FILE_CHANGES),
  recognise: ({ json, text }) => (json === undefined ? START.test(text) : isReport(json) || isEntry(json)),
  split: (json) => (isReport(json) ? entriesOf(json) : undefined),
  decoder: createDecoder,
})

function isReport(json: unknown): json is JsonObject {
  return isObject(json) && 'aide_version' in json && 'start_time' in json && !('entry' in json)
}

/** One of the entries of a report, with the report's own words. */
function isEntry(json: unknown): json is JsonObject {
  return isObject(json) && 'aide_version' in json && isObject(json['entry'])
}

/** The report itself without its entries, and then each. */
function entriesOf(report: JsonObject): readonly unknown[] {
  const { aide_version, start_time } = report
  const details = objectOf(report['details'])
  const about = { aide_version, start_time }
  const entries = LISTS.flatMap((list) =>
    Object.entries(objectOf(report[list])).map(([path, flags]) => ({
      ...about,
      entry: { list, path, flags, details: memberOf(details, path) },
    })),
  )
  return [{ ...about, entry: { outline: report['outline'] } }, ...entries]
}

/** Where a report as text is being read. */
interface Place {
  /** When the check began, as it says. */
  readonly started: string
  readonly list?: List | undefined
}

function createDecoder(checkpoint?: unknown): Decoder {
  const { started, list } = objectOf(checkpoint)
  let place: Place | undefined =
    typeof started === 'string' ? { started, list: LISTS.find((each) => each === list) } : undefined
  return {
    continues: ({ json, text }) => place !== undefined && json === undefined && REPORT.test(text),
    decode(record) {
      if (record.json !== undefined)
        return isEntry(record.json) ? entry(record.json, record) : failed(NO_ENTRY)
      const { text } = record
      const start = START.exec(text)?.[1]
      if (start !== undefined) place = { started: start }
      else if (place === undefined) return failed(NO_ENTRY)
      else if (END.test(text)) place = undefined
      else if (OTHER_HEADING.test(text)) place = { started: place.started }
      else {
        const heading = HEADING.exec(text)?.[1]?.toLowerCase()
        if (heading !== undefined) place = { ...place, list: LISTS.find((each) => each === heading) }
        else if (place.list !== undefined) return line(text, place.list, place.started, record)
      }
      return { kind: 'evaluated', events: [], facts: [] }
    },
    checkpoint: () => place,
  }
}

const NO_ENTRY = 'not an entry of a report of AIDE'
/** `f > ... mc..H     : /etc/motd`, and of old versions `changed: /etc/motd`. */
const ENTRY = /^([A-Za-z|?!][^:]{2,30}): (\/.*)$/
const OLD_ENTRY = /^(?:added|removed|changed): (\/.*)$/

function line(text: string, list: List, started: string, record: FramedRecord): Decoded {
  const [, flags = '', path] = ENTRY.exec(text) ?? []
  const old = OLD_ENTRY.exec(text)?.[1]
  if (path === undefined && old === undefined) return { kind: 'evaluated', events: [], facts: [] }
  const entry = { list, path: old ?? path, flags: old === undefined ? flags : '' }
  return told(entry, started, record)
}

function entry({ start_time, entry: one }: JsonObject, record: FramedRecord): Decoded {
  const fields = objectOf(one)
  // of the report itself
  if (!('path' in fields)) return { kind: 'evaluated', events: [], facts: [] }
  return told(fields, textOf(start_time), record)
}

function told(entry: JsonObject, started: string | undefined, record: FramedRecord): Decoded {
  const time = timeOf(started) ?? record.received
  const list = LISTS.find((each) => each === entry['list'])
  const path = textOf(entry['path'])
  if (time === undefined) return failed('aide: report without a time')
  if (list === undefined || path === undefined) return failed(NO_ENTRY)
  const flags = aideFlagged(textOf(entry['flags']) ?? '')
  const event = fileChangeEvent(
    { id: `${record.stream}@${record.position}`, time, source: 'fim.aide', resource: {} },
    aideChange(list, path, flags, objectOf(entry['details'])),
  )
  // as JSON and as text a report is the same: what it says of a file once is that
  const content = contentOf(jsonText([list, path, listOf(flags.changed)]))
  return {
    kind: 'evaluated',
    events: [event],
    facts: [],
    identity: { id: `fim.aide:${started}:${content}`, content },
  }
}
