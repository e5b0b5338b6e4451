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

/**
 * Fields of a process creation. What the creator wrote comes last, and nothing behind it is a field: a command line
 * that holds `New Process Name:` names nothing.
 */
function creationIn(message: string): JsonObject {
  const end = message.search(/\s{2,}Process Command Line:/)
  const before = end === -1 ? message : message.slice(0, end)
  const line =
    end === -1
      ? undefined
      : /:[ \t]*(.*?)(?:\s{2,}Token Elevation Type indicates .*)?$/s.exec(message.slice(end))?.[1]
  const subject = before.slice(0, Math.max(0, before.search(/\s{2,}Target Subject:/)))
  const found = {
    SubjectUserName: labelled(subject, 'Account Name'),
    SubjectDomainName: labelled(subject, 'Account Domain'),
    SubjectLogonId: labelled(subject, 'Logon ID'),
    NewProcessId: labelled(before, 'New Process ID'),
    NewProcessName: labelled(before, 'New Process Name'),
    TokenElevationType: labelled(before, 'Token Elevation Type'),
    MandatoryLabel: labelled(before, 'Mandatory Label'),
    ProcessId: labelled(before, 'Creator Process ID'),
    ParentProcessName: labelled(before, 'Creator Process Name'),
    CommandLine: line,
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== ''))
}

/** The value between a label and the next: two blanks or a tab stand between them. */
function labelled(text: string, label: string): string | undefined {
  return new RegExp(`\\s{2,}${label}:\\s*(.*?)(?:\\s{2,}|$)`, 's').exec(text)?.[1]
}
