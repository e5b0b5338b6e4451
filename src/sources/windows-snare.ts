import { textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { inRange } from './time.ts'
import { systemOf } from './windows-record.ts'
import type { WindowsRecord } from './windows-record.ts'

const MARK = 'MSWinEventLog\t'
/** Places of the tab-separated parts behind the mark. */
const [LOG, TIME, ID, PROVIDER, COMPUTER, TEXT] = [1, 3, 4, 5, 9, 12]

/** As Snare and its like send records by syslog; JSON of a collector may carry the line as its `message`. */
export function readSnare(json: JsonObject): WindowsRecord | undefined {
  const line = textOf(json['message'])
  return line === undefined ? undefined : readSnareLine(line)
}

/**
 * `… MSWinEventLog⇥criticality⇥log⇥counter⇥date⇥id⇥provider⇥user⇥SID type⇥type⇥computer⇥category⇥data⇥text`: there
 * are no fields but those that the text lists. https://docs.snaresolutions.com
 */
export function readSnareLine(line: string): WindowsRecord | undefined {
  // behind the header of a syslog line
  const at = line.slice(0, 512).indexOf(MARK)
  if (at === -1) return undefined
  const parts = line.slice(at + MARK.length).split('\t')
  const system = systemOf([
    ['Provider_Name', parts[PROVIDER]],
    ['EventID', parts[ID]],
    ['Channel', parts[LOG]],
    ['Computer', parts[COMPUTER]],
  ])
  if (system === undefined) return undefined
  const texts = parts.slice(TEXT)
  // a counter may come last
  const message = (texts.length > 1 && /^\d+$/.test(texts.at(-1) ?? '') ? texts.slice(0, -1) : texts).join(
    '\t',
  )
  return {
    system,
    data: LISTED[Number(system['EventID'])]?.(message) ?? {},
    message,
    time: timeIn(parts[TIME]),
  }
}

/** `Tue Jul 28 11:28:00 2026`, without a zone: as UTC. */
function timeIn(text = ''): number | undefined {
  const found = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})$/.exec(text)
  return found === null
    ? undefined
    : inRange(Date.parse(`${found[2]} ${found[1]} ${found[4]} ${found[3]} UTC`))
}

/** Of the events whose fields are worth finding in their text. */
const LISTED: Readonly<Record<number, (message: string) => JsonObject>> = { 4688: creationIn }

const LINE = 'Process Command Line:'
const EXPLANATION = 'Token Elevation Type indicates the type of token'

/**
 * Fields of a process creation. What the creator wrote comes last, and nothing behind it is a field: a command line
 * that holds `New Process Name:` names nothing.
 */
function creationIn(message: string): JsonObject {
  const at = message.indexOf(LINE)
  const before = at === -1 ? message : message.slice(0, at)
  const target = before.indexOf('Target Subject:')
  const subject = valuesIn(target === -1 ? before : before.slice(0, target))
  const process = valuesIn(before)
  const found = {
    SubjectUserName: subject.get('Account Name'),
    SubjectDomainName: subject.get('Account Domain'),
    SubjectLogonId: subject.get('Logon ID'),
    NewProcessId: process.get('New Process ID'),
    NewProcessName: process.get('New Process Name'),
    TokenElevationType: process.get('Token Elevation Type'),
    MandatoryLabel: process.get('Mandatory Label'),
    ProcessId: process.get('Creator Process ID'),
    ParentProcessName: process.get('Creator Process Name'),
    CommandLine: at === -1 ? undefined : lineIn(message.slice(at + LINE.length)),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== ''))
}

/** Windows ends the text with what the types of tokens mean. */
function lineIn(text: string): string {
  const end = text.lastIndexOf(EXPLANATION)
  return (end === -1 ? text : text.slice(0, end)).trim()
}

/** `Label: value`, or the label and its value apart: two blanks or more, or a tab, stand between all of them. */
function valuesIn(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  let label: string | undefined
  for (const part of text.split(/[ \r\n]{2,}|[\t\r\n]+ ?/)) {
    const colon = part.indexOf(':')
    const isLabel = /^[A-Z][A-Za-z ]{1,40}:(?: |$)/.test(part)
    if (isLabel && colon === part.length - 1) label = part.slice(0, -1)
    else if (isLabel) set(values, part.slice(0, colon), part.slice(colon + 2))
    else if (label !== undefined && part !== '') {
      set(values, label, part)
      label = undefined
    }
  }
  return values
}

/** What is said first holds. */
function set(values: Map<string, string>, label: string, value: string): void {
  if (!values.has(label)) values.set(label, value)
}
