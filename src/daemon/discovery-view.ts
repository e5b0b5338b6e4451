import type { InputConfig } from '../config/config.ts'
import { entryOf, pathsOf } from './discovered-inputs.ts'
import type { Discovered } from './discovery.ts'
import { ACCOUNT_TOKEN } from './places.ts'

/** What `GET /api/discovery` answers and `tallyman discover` prints of one place. */
export interface DiscoveryItem {
  readonly what: string
  readonly path: string
  /** `found` is there and not read: by no input, or by no source. */
  readonly state: 'reading' | 'found' | 'absent' | 'unreadable'
  readonly message: string
  /** The YAML lines that `inputs:` needs to read it. */
  readonly add?: string
}

const ORDER = ['reading', 'found', 'unreadable', 'absent'] as const

/** What is read first, then what could be, what is not there; last what no source understands. Places that few machines have are left out where they are not there. */
export function discoveryItems(
  places: readonly Discovered[],
  inputs: readonly InputConfig[],
): readonly DiscoveryItem[] {
  const items = places
    .filter(({ rare, state }) => rare !== true || state !== 'absent')
    .map((place) => itemOf(place, inputs))
  const rank = (item: DiscoveryItem): number => (isUnread(item) ? ORDER.length : ORDER.indexOf(item.state))
  return items.toSorted((a, b) => rank(a) - rank(b))
}

/** There, and no entry of a configuration would read it. */
export function isUnread({ state, add }: DiscoveryItem): boolean {
  return state === 'found' && add === undefined
}

function itemOf(place: Discovered, inputs: readonly InputConfig[]): DiscoveryItem {
  const { what, path, message } = place
  const read = inputs.some((input) => reads(input, place))
  const state = read && place.state === 'found' ? 'reading' : place.state
  const add = read ? undefined : entryOf(place)
  return { what, path, state, message, ...(add === undefined ? {} : { add }) }
}

function reads(input: InputConfig, place: Discovered): boolean {
  if (input.type === 'docker') return place.type === 'docker' && input.socket === place.path
  if (input.type === 'kubernetes')
    return place.type === 'kubernetes' && (input.kubeconfig ?? ACCOUNT_TOKEN) === place.path
  if (input.type !== 'file' || place.type !== 'file') return false
  const watched = input.paths
  return pathsOf(place).some((path) => watched.some((each) => each === path || path.startsWith(`${each}/`)))
}

/** What is there and no source understands, in a few words. */
export function unreadWords(unread: readonly { readonly what: string }[]): string {
  return `there too, not read yet: ${[...new Set(unread.map(({ what }) => what))].join(', ')}`
}

/** What a start says of what it found: a few calm lines, however many places there are. */
export function startWords(places: readonly Discovered[]): readonly string[] {
  const told = (some: readonly Discovered[]): string =>
    some.map(({ what, path }) => `${what} (${path})`).join(', ')
  const known = places.filter(({ type }) => type !== 'unread')
  const found = known.filter(
    ({ state, others, reserved }) => state === 'found' && others !== true && reserved === undefined,
  )
  const others = known.filter((place) => place.state === 'found' && place.others === true)
  const reserved = known.filter((place) => place.state === 'found' && place.reserved !== undefined)
  const unread = places.filter(({ type, state }) => type === 'unread' && state === 'found')
  const there = new Set(known.filter(({ state }) => state !== 'absent').map(({ input }) => input))
  const awaited = known.filter(({ input, rare }) => rare !== true && !there.has(input))
  return [
    found.length === 0 ? 'nothing to read here yet' : `found and reading: ${told(found)}`,
    ...known
      .filter(({ state, misplaced }) => state === 'unreadable' || misplaced === true)
      .map(({ what, path, message }) => `${what} (${path}): ${message}`),
    ...(others.length === 0 ? [] : [`found, another user’s and so not read: ${told(others)}`]),
    ...(reserved.length === 0 ? [] : [`found, read only if the configuration says so: ${told(reserved)}`]),
    ...(awaited.length === 0
      ? []
      : [`read as soon as they are there: ${awaited.map(({ what }) => what).join(', ')}`]),
    "all places, and how to change them: 'tallyman discover'",
    ...(unread.length === 0 ? [] : [unreadWords(unread)]),
  ]
}

/** The same where a configuration says what is read. */
export function configuredWords(inputs: readonly InputConfig[]): readonly string[] {
  return [`reading, as configured: ${inputs.map(({ name }) => name).join(', ')}`]
}
