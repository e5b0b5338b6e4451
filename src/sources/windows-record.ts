import type { JsonObject } from './json.ts'

/**
 * What one record of the Windows event log says, whichever tool wrote it down; Sysmon for Linux writes the same.
 * https://learn.microsoft.com/en-us/windows/win32/wes/eventschema-schema
 */
export interface WindowsRecord {
  /** The elements of `<System>`, attributes joined with `_`: Provider_Name, EventID, Channel, Computer, …. */
  readonly system: JsonObject
  /** What the provider logged: `<EventData>` or `<UserData>` by name. Strings without a name are `Data`. */
  readonly data: JsonObject
  /** The text that people read, where it was written down. */
  readonly message?: string | undefined
  /** When it happened, ms since the epoch, where the record says it with its zone. */
  readonly time?: number | undefined
}

/** Members of `<System>` that are counts or numbers in all forms, whether they were written as text or not. */
const NUMBERS = new Set([
  'EventID',
  'EventID_Qualifiers',
  'Version',
  'Level',
  'Task',
  'Opcode',
  'EventRecordID',
  'Execution_ProcessID',
  'Execution_ThreadID',
])

/** The known members of `<System>`; undefined where nothing says which event it is. */
export function systemOf(members: Iterable<readonly [string, unknown]>): JsonObject | undefined {
  const system: Record<string, unknown> = {}
  for (const [name, value] of members) {
    if (!isScalar(value) || value === '') continue
    setMember(system, name, NUMBERS.has(name) ? numberOf(value) : value)
  }
  const id = system['EventID']
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0xffff_ffff) return undefined
  // above it, classic logs keep a severity and a facility
  system['EventID'] = id % 0x1_0000
  return system
}

/** An own member whatever its name: assigning to `__proto__` would set none. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}

/** The integer that a text of digits means, exactly; anything else as it is. */
export function numberOf(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : BigInt(value)
}

/** Sigma takes the blanks out of names: `Threat Name` is ThreatName. */
export function fieldName(name: string): string {
  return name.includes(' ') ? name.replaceAll(' ', '') : name
}

export function isScalar(value: unknown): value is string | number | bigint | boolean {
  return value !== undefined && value !== null && typeof value !== 'object' && typeof value !== 'function'
}
