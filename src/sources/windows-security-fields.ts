import { textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { numberOf } from './windows-record.ts'

const LEVELS: Readonly<Record<string, string>> = {
  'S-1-16-0': 'Untrusted',
  'S-1-16-4096': 'Low',
  'S-1-16-8192': 'Medium',
  'S-1-16-8448': 'Medium',
  'S-1-16-12288': 'High',
  'S-1-16-16384': 'System',
}

/** Event 4688 in the words of Sysmon's event 1. */
export function creationFields(data: JsonObject): JsonObject {
  const label = (textOf(data['MandatoryLabel']) ?? '').slice(0, 64)
  const level = Object.hasOwn(LEVELS, label) ? LEVELS[label] : /(\w+) Mandatory Level$/.exec(label)?.[1]
  return present({
    User: accountOf(data, 'Target') ?? accountOf(data, 'Subject'),
    IntegrityLevel: level,
    ProcessId: integerOf(data['NewProcessId']),
    ParentProcessId: integerOf(data['NewProcessId'] === undefined ? undefined : data['ProcessId']),
  })
}

/** `DOMAIN\name`, as Sysmon writes accounts; Windows writes `-` for none. */
function accountOf(data: JsonObject, role: string): string | undefined {
  const name = textOf(data[`${role}UserName`])
  const domain = textOf(data[`${role}DomainName`])
  if (name === undefined || name === '-') return undefined
  return domain === undefined || domain === '-' ? name : `${domain}\\${name}`
}

/** Event 4657 in the words of Sysmon's events 12 and 13. */
export function registryFields(data: JsonObject): JsonObject {
  const key = textOf(data['ObjectName'])
  const value = textOf(data['ObjectValueName'])
  const isDeleted = data['OperationType'] === '%%1906'
  return present({
    TargetObject: key === undefined ? undefined : `${hiveOf(key)}${value === undefined ? '' : `\\${value}`}`,
    Details: isDeleted ? undefined : detailsOf(data['NewValue'], textOf(data['NewValueType'])),
    EventType: isDeleted ? 'DeleteValue' : 'SetValue',
    User: accountOf(data, 'Subject'),
    ProcessId: integerOf(data['ProcessId']),
  })
}

const HIVES: readonly (readonly [RegExp, string])[] = [
  [/^\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet\d{3}(?=\\|$)/i, 'HKLM\\System\\CurrentControlSet'],
  [/^\\REGISTRY\\MACHINE(?=\\|$)/i, 'HKLM'],
  [/^\\REGISTRY\\USER(?=\\|$)/i, 'HKU'],
]

/** The kernel's path of a key as the registry's tools write it. */
function hiveOf(key: string): string {
  const found = HIVES.find(([pattern]) => pattern.test(key))
  return found === undefined ? key : key.replace(found[0], () => found[1])
}

/** The numbers of Windows' messages for the types whose values Sysmon writes in a form of its own. */
const [BINARY, DWORD, QWORD] = ['%%1875', '%%1876', '%%1883']

/** `DWORD (0x00000001)`, `QWORD (0x00000000-0x00000001)`, `Binary Data`; texts as they are. */
function detailsOf(value: unknown, type: string | undefined): unknown {
  if (type === BINARY || type === 'REG_BINARY') return 'Binary Data'
  const number = numberOf(typeof value === 'number' ? String(value) : value)
  if (typeof number !== 'number' && typeof number !== 'bigint') return value
  const digits = BigInt(number).toString(16).padStart(16, '0')
  if (type === DWORD || type === 'REG_DWORD') return `DWORD (0x${digits.slice(8)})`
  if (type === QWORD || type === 'REG_QWORD') return `QWORD (0x${digits.slice(0, 8)}-0x${digits.slice(8)})`
  return value
}

const PROTOCOLS: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp' }

/** Events of the Windows Filtering Platform in the words of Sysmon's event 3: the ends as the connection has them. */
export function connectionFields(data: JsonObject): JsonObject {
  const direction = data['Direction']
  const isOut = direction === '%%14593' || direction === 'Outbound'
  const isIn = direction === '%%14592' || direction === 'Inbound'
  const protocol = String(data['Protocol'])
  return present({
    Initiated: isOut ? 'true' : isIn ? 'false' : undefined,
    Protocol: Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol] : undefined,
    ProcessId: integerOf(data['ProcessID']),
  })
}

/** Windows writes process ids as hexadecimal text. */
function integerOf(value: unknown): unknown {
  if (typeof value === 'string' && /^0x[0-9a-f]{1,8}$/i.test(value)) return Number(value)
  const number = numberOf(value)
  return typeof number === 'number' ? number : undefined
}

function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
