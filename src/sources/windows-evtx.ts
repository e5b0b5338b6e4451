import { isObject, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { timeOf } from './time.ts'
import { fieldName, isScalar, setMember, systemOf } from './windows-record.ts'
import type { WindowsRecord } from './windows-record.ts'

/**
 * A record as it stands in the log: `{"Event": {"System", "EventData" | "UserData"}}`, as evtx_dump writes it
 * (attributes under `#attributes`, or beside the element as `Provider_attributes`), as converters from XML do
 * (`@Name`), or with attributes as plain members.
 */
export function readEvtx(json: JsonObject): WindowsRecord | undefined {
  const event = isObject(json['Event']) ? json['Event'] : json
  if (!isObject(event['System'])) return undefined
  const system = systemOf(systemMembers(event['System']))
  if (system === undefined) return undefined
  return {
    system,
    data: { ...dataOf(event['UserData']), ...dataOf(event['EventData']) },
    message: textOf(objectOf(event['RenderingInfo'])['Message']),
    time: timeOf(system['TimeCreated_SystemTime']),
  }
}

function* systemMembers(system: JsonObject): Iterable<readonly [string, unknown]> {
  for (const [name, value] of Object.entries(system)) {
    const owner = name.endsWith('_attributes') ? name.slice(0, -'_attributes'.length) : name
    if (!isObject(value)) yield [name, value]
    else
      for (const [member, text] of attributesOf(value))
        yield [member === '' ? owner : `${owner}_${member}`, text]
  }
}

/** Attributes of an element, and its text under an empty name. */
function* attributesOf(element: JsonObject): Iterable<readonly [string, unknown]> {
  for (const [name, value] of Object.entries(element)) {
    if (name === '#attributes' && isObject(value)) yield* Object.entries(value)
    else if (name === '#text' || name === 'Value') yield ['', value]
    else yield [name.startsWith('@') ? name.slice(1) : name, value]
  }
}

/** Elements of UserData are the provider's own, a few levels deep. */
const MAX_DEPTH = 8

/** The values of EventData or UserData by name, however deep; what comes several times is a list. */
export function dataOf(part: unknown): JsonObject {
  const found: Record<string, unknown> = {}
  const lists = new Map<string, unknown[]>()
  const add = (name: string, value: unknown): void => {
    const key = fieldName(name)
    const list = lists.get(key)
    if (list !== undefined) list.push(value)
    else if (!Object.hasOwn(found, key)) setMember(found, key, value)
    else {
      const values = [found[key], value]
      lists.set(key, values)
      setMember(found, key, values)
    }
  }
  const walk = (name: string, value: unknown, depth: number): void => {
    if (value === null || isScalar(value)) return add(name, value)
    if (Array.isArray(value)) {
      for (const member of value) walk(name, member, depth + 1)
      return
    }
    if (!isObject(value) || depth > MAX_DEPTH) return
    const called = textOf(objectOf(value['#attributes'])['Name']) ?? textOf(value['@Name'])
    const children = Object.entries(value).filter(
      ([child]) => child !== '#attributes' && !child.startsWith('@'),
    )
    if (children.length === 0 && called !== undefined) return add(called, null)
    for (const [child, inner] of children)
      walk(child === '#text' ? (called ?? name) : child, inner, depth + 1)
  }
  if (isObject(part))
    for (const [name, value] of Object.entries(part)) if (!/^[#@]/.test(name)) walk(name, value, 0)
  if (isScalar(part)) add('Data', part)
  return found
}
