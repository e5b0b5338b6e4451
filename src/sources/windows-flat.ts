import { isObject, memberOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { timeOf } from './time.ts'
import { fieldName, isScalar, setMember, systemOf } from './windows-record.ts'
import type { WindowsRecord } from './windows-record.ts'

/** Name in `<System>` → what forwarders call it that put all of a record on one level; the first that is there. */
const SYSTEM = Object.entries({
  Provider_Name: ['Provider_Name', 'ProviderName', 'SourceName', 'EventSourceName', 'Provider'],
  Provider_Guid: ['Provider_Guid', 'ProviderGuid'],
  EventID: ['EventID', 'EventCode'],
  Version: ['Version'],
  Level: ['Level'],
  Task: ['Task'],
  Opcode: ['OpcodeValue', 'Opcode'],
  Keywords: ['Keywords'],
  EventRecordID: ['EventRecordID', 'RecordNumber', 'EventRecordId'],
  Correlation_ActivityID: ['ActivityID'],
  Execution_ProcessID: ['ExecutionProcessID', 'Execution_ProcessID'],
  Execution_ThreadID: ['ExecutionThreadID', 'ThreadID', 'Execution_ThreadID'],
  Channel: ['Channel', 'LogName'],
  Computer: ['Hostname', 'Computer', 'ComputerName', 'MachineName'],
  Security_UserID: ['UserID'],
} as Readonly<Record<string, readonly string[]>>)
/** What the forwarder says of the way of the record, not of the event. */
const TRANSPORT = new Set(
  `EventReceivedTime SourceModuleName SourceModuleType Severity SeverityValue OpcodeValue Opcode host port path tags
  @timestamp @version Message message`.split(/\s+/),
)
/** NXLog's rendered level stands where Sysmon has an EventType of its own. */
const LEVELS: Readonly<Record<string, number>> = {
  AUDIT_SUCCESS: 0,
  AUDIT_FAILURE: 0,
  CRITICAL: 1,
  ERROR: 2,
  WARNING: 3,
  INFO: 4,
  VERBOSE: 5,
}
const TIMES = ['TimeCreated_SystemTime', 'TimeCreated', 'SystemTime', 'TimeGenerated', 'EventTime']

/**
 * A record whose System and EventData stand on one level: NXLog's im_msvistalog, collectors that flatten, tables
 * of log services. https://docs.nxlog.co/refman/current/im/msvistalog.html
 */
export function readFlat(json: JsonObject): WindowsRecord | undefined {
  if (!isScalar(json['EventID'] ?? json['EventCode'])) return undefined
  const taken = new Set<string>()
  const members = SYSTEM.map(([name, spellings]) => {
    const spelling = spellings.find((each) => isScalar(memberOf(json, each)))
    if (spelling !== undefined) taken.add(spelling)
    return [name, spelling === undefined ? undefined : json[spelling]] as const
  })
  const system = systemOf(members)
  if (system === undefined || !saysWho(system, json)) return undefined
  const level = memberOf(LEVELS, textOf(json['EventType']) ?? '')
  if (level !== undefined) taken.add('EventType')
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(json)) {
    if (taken.has(name) || TRANSPORT.has(name) || isObject(value)) continue
    setMember(data, fieldName(name), value)
  }
  return {
    system: level === undefined ? system : { Level: level, ...system },
    data,
    message: textOf(json['Message']) ?? textOf(json['message']),
    time: timeIn(json),
  }
}

/** A number that is called EventID is not Windows' alone: a channel or provider must stand beside it. */
function saysWho({ Channel: channel, Provider_Name: provider }: JsonObject, json: JsonObject): boolean {
  if (typeof channel === 'string' || typeof provider === 'string') return true
  return isSysmon(json)
}

/** Collectors that leave both away keep what no other log has. */
export function isSysmon(fields: JsonObject): boolean {
  return typeof fields['UtcTime'] === 'string' && ('ProcessGuid' in fields || 'RuleName' in fields)
}

const QUARTER = 15 * 60_000
const ZONED = /(?:Z|UTC|[+-]\d\d:?\d\d)$/i

/** NXLog writes local time without its zone: what it says in two ways of when it received the record tells the zone. */
function timeIn(json: JsonObject): number | undefined {
  const stated = TIMES.map((name) => textOf(json[name])).find((text) => timeOf(text) !== undefined)
  if (stated === undefined) return undefined
  const time = timeOf(stated)
  if (time === undefined || ZONED.test(stated)) return time
  const sysmon = timeOf(json['UtcTime'])
  if (sysmon !== undefined) return sysmon
  const local = timeOf(json['EventReceivedTime'])
  const utc = timeOf(json['@timestamp'])
  if (local === undefined || utc === undefined) return time
  return time + Math.round((utc - local) / QUARTER) * QUARTER
}
