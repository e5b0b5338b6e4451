import { digest } from '../domain/hash.ts'

/** As much of an event as deciding what to do needs. */
export interface EngineEvent {
  /** The line as it came, without its end. */
  readonly line: string
  /** The same event has the same key, also after the daemon was upgraded. */
  readonly key: string
  /** Nanoseconds since the epoch; beyond 2^53. 0 where the line has none. */
  readonly nano: bigint
  /** What it is about: container, image, network, … */
  readonly type: string
  readonly action: string
  /** Id or name of the container that it changes, and what it says of it. */
  readonly container: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
}

/** After these the specification may be another one. */
const CHANGES_SPECIFICATION = new Set(['create', 'start', 'update', 'rename', 'connect', 'disconnect'])
const ENDS_CONTAINER = new Set(['destroy', 'remove'])

/** Reads one line of the event stream. What is no event is still a line to hand on: its key is its text. */
export function parseEvent(line: string): EngineEvent {
  const event = parsed(line)
  const actor = record(event['Actor'])
  const attributes = record(actor['Attributes'])
  const action = text(event['Action'])
  const type = text(event['Type'])
  // within a JSON string the quotes would be escaped: this is the key
  const nano = BigInt([...line.matchAll(/"timeNano":\s*(\d{1,20})/g)].at(-1)?.[1] ?? 0)
  const names = Object.keys(attributes).sort()
  const said = JSON.stringify(names.map((name) => [name, attributes[name]]))
  const key = action === '' ? digest(line) : digest(type, action, text(actor['ID']), String(nano), said)
  return {
    line,
    key: key.slice(0, 16),
    nano,
    type,
    action,
    container: containerOf(type, action, actor, attributes),
    attributes,
  }
}

/** Docker's network events name the network and, among their attributes, the container; Podman's the container. */
function containerOf(
  type: string,
  action: string,
  actor: Readonly<Record<string, unknown>>,
  attributes: Readonly<Record<string, unknown>>,
): string | undefined {
  const isJoined = type === 'network' && (action === 'connect' || action === 'disconnect')
  const id =
    type === 'container' ? actor['ID'] : isJoined ? (attributes['container'] ?? actor['ID']) : undefined
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id) ? id : undefined
}

export function changesSpecification({ action, container }: EngineEvent): boolean {
  return container !== undefined && CHANGES_SPECIFICATION.has(action)
}

export function endsContainer({ action, container }: EngineEvent): boolean {
  return container !== undefined && ENDS_CONTAINER.has(action)
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(line))
  } catch {
    return {}
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
