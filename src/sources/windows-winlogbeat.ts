import { isObject, listOf, memberOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { timeOf } from './time.ts'
import { fieldsOfEcs } from './windows-ecs.ts'
import { dataOf } from './windows-evtx.ts'
import { isScalar, setMember, systemOf } from './windows-record.ts'
import type { WindowsRecord } from './windows-record.ts'

/**
 * A record as winlogbeat ships it: `winlog.event_data`, before version 7 `event_data`, and what its modules moved
 * into fields of ECS, also where those alone are left.
 * https://www.elastic.co/docs/reference/beats/winlogbeat/exported-fields-winlog
 */
export function readWinlogbeat(stored: JsonObject): WindowsRecord | undefined {
  const json = nested(objectOf(stored['_source'] ?? stored))
  if (isObject(json['winlog'])) return read(json, json['winlog'])
  if (isScalar(json['event_id']) && 'log_name' in json) return read(json, respelled(json))
  return isOfModule(objectOf(json['event'])) ? read(json, {}) : undefined
}

const MAX_DEPTH = 8

/** Exports from where records are stored may write `winlog.channel` for a member of a member. */
function nested(json: JsonObject): JsonObject {
  if (!('winlog.channel' in json || 'winlog.event_id' in json)) return json
  const top: Record<string, unknown> = {}
  const made = new Set<unknown>()
  for (const [name, value] of Object.entries(json)) {
    const path = name.split('.', MAX_DEPTH)
    const last = path.pop() ?? ''
    let within = top
    for (const step of path) {
      const there = memberOf(within, step)
      const child = made.has(there) ? (there as Record<string, unknown>) : { ...objectOf(there) }
      made.add(child)
      setMember(within, step, child)
      within = child
    }
    setMember(within, last, value)
  }
  return top
}

/** Winlogbeat 6 had at the top what stands below `winlog` since. */
function respelled(json: JsonObject): JsonObject {
  return {
    ...json,
    channel: json['log_name'],
    provider_name: json['source_name'],
    record_id: json['record_number'],
    process: { pid: json['process_id'], thread: { id: json['thread_id'] } },
  }
}

const MODULES = new Set(['sysmon', 'security', 'powershell'])

/** Without `winlog`, its code and who logged it say that an event is of the Windows event log. */
function isOfModule({ code, provider, module }: JsonObject): boolean {
  return (
    isScalar(code) &&
    ((typeof provider === 'string' && /^(?:Microsoft-Windows-|Linux-Sysmon$)/.test(provider)) ||
      (typeof module === 'string' && MODULES.has(module)))
  )
}

function read(json: JsonObject, winlog: JsonObject): WindowsRecord | undefined {
  const event = objectOf(json['event'])
  const process = objectOf(winlog['process'])
  const logged = textOf(json['@timestamp'])
  const system = systemOf([
    ['Provider_Name', winlog['provider_name'] ?? event['provider'] ?? providerOf(event['module'])],
    ['Provider_Guid', winlog['provider_guid']],
    ['EventID', winlog['event_id'] ?? event['code']],
    ['Version', winlog['version']],
    ['Level', levelOf(objectOf(json['log'])['level'] ?? json['level'])],
    ['Task', winlog['task']],
    ['Opcode', winlog['opcode']],
    ['TimeCreated_SystemTime', logged],
    ['EventRecordID', winlog['record_id']],
    ['Correlation_ActivityID', winlog['activity_id']],
    ['Execution_ProcessID', process['pid']],
    ['Execution_ThreadID', objectOf(process['thread'])['id']],
    ['Channel', winlog['channel']],
    ['Computer', winlog['computer_name'] ?? objectOf(json['host'])['name']],
    ['Security_UserID', objectOf(winlog['user'])['identifier']],
  ])
  if (system === undefined) return undefined
  const logs = { ...dataOf(winlog['user_data']), ...withoutNames(dataOf(winlog['event_data'])) }
  return {
    system,
    data: { ...fieldsOfEcs(json, Number(system['EventID'])), ...logs },
    message: textOf(json['message']),
    time: timeOf(logged),
  }
}

function providerOf(module: unknown): string | undefined {
  if (module === 'sysmon') return 'Microsoft-Windows-Sysmon'
  if (module === 'security') return 'Microsoft-Windows-Security-Auditing'
  return module === 'powershell' ? 'Microsoft-Windows-PowerShell' : undefined
}

const LEVELS: Readonly<Record<string, number>> = {
  critical: 1,
  error: 2,
  warning: 3,
  information: 4,
  verbose: 5,
}

/** The number that the rendered level stands for. */
function levelOf(level: unknown): unknown {
  return typeof level === 'string' ? memberOf(LEVELS, level.toLowerCase()) : undefined
}

/** Strings without a name, which winlogbeat counts as param1, param2, …, are `Data` in Sigma. */
function withoutNames(data: JsonObject): JsonObject {
  if ('Data' in data) return data
  const strings = listOf(
    Array.from({ length: 32 }, (_, index) => memberOf(data, `param${index + 1}`)).filter(isScalar),
  )
  return strings.length === 0 ? data : { ...data, Data: strings }
}
