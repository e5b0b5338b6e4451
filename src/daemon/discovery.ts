import { accessSync, constants, readdirSync, readFileSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { isOthers } from './others-socket.ts'
import { placesOf, type Machine, type Place } from './places.ts'

/** A place, and what stands there. `path` is the one to read, below the root that was looked at. */
export interface Discovered extends Place {
  readonly state: 'found' | 'absent' | 'unreadable'
  /** Something else stands there. */
  readonly misplaced?: true
  /** What people are told of it. */
  readonly message: string
  /** Of a socket: other users have a hand in it, and it is read only where the configuration says so. */
  readonly others?: true
  /** Of a folder of which only some files are read: those that are there. */
  readonly present?: readonly string[]
}

export interface DiscoveryOptions {
  /** Where the machine's root is mounted: `/` unless Tallyman itself runs in a container. */
  readonly root?: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A settings file is small. */
const MAX_SETTINGS = 1024 * 1024

/** Looks where telemetry usually is; nothing of it is read yet. Never throws. */
export function discover({ root = '/', env }: DiscoveryOptions): readonly Discovered[] {
  const below = (path: string): string => (root === '/' ? path : join(root, path))
  const machine: Machine = {
    env: root === '/' ? env : {},
    read: (path) => readSettings(below(path)),
    list: (path) => namesIn(below(path)),
  }
  return placesOf(machine).map((place) => look({ ...place, path: below(linked(place.path, root)) }))
}

/** Below another root the link `/var/run` would lead out of it. */
function linked(path: string, root: string): string {
  return root === '/' ? path : path.replace(/^\/var\/run\//, '/run/')
}

function look(place: Place): Discovered {
  const { path, note } = place
  const about = statOf(path)
  if (typeof about === 'string') {
    // whose it is cannot be seen; the usual places are root's
    const others = place.type === 'docker' && place.rare === true && { others: true as const }
    return isForbidden(about)
      ? { ...place, ...others, state: 'unreadable', message: refusal(place) }
      : { ...place, state: 'absent', message: withNote('nothing there yet', note) }
  }
  if (!isKind(place, about))
    return { ...place, state: 'absent', misplaced: true, message: otherKind(place, about) }
  const others = place.type === 'docker' && isOthers(path) && { others: true as const }
  if (!mayRead(place, about)) return { ...place, ...others, state: 'unreadable', message: refusal(place) }
  const message = messageOf(place, others !== false)
  const present = place.only?.filter((name) => typeof statOf(join(path, name)) !== 'string')
  return {
    ...place,
    ...others,
    state: 'found',
    message: withNote(message, note),
    ...(present === undefined ? {} : { present }),
  }
}

function messageOf({ type, reserved }: Place, others: boolean): string {
  if (type === 'unread') return 'found, not read yet: no source understands it'
  const whose = reserved ?? (others ? 'another user’s' : undefined)
  return whose === undefined ? 'found' : `found; ${whose}, so read only if the configuration says so`
}

/** An engine that was away when a container was to mount its socket leaves a folder behind. */
function otherKind({ type, input, what }: Place, about: Stats): string {
  if (type !== 'docker') return 'what is there is no file and no folder'
  if (!about.isDirectory()) return 'what is there is no socket'
  const engine = input.startsWith('docker') ? 'Docker' : what
  return `is a folder, not a socket: remove it and restart ${engine}`
}

function isKind({ type }: Place, about: Stats): boolean {
  return type === 'docker' ? about.isSocket() : about.isFile() || about.isDirectory()
}

function mayRead({ type, path }: Place, about: Stats): boolean {
  const { R_OK, W_OK, X_OK } = constants
  try {
    accessSync(path, type === 'docker' ? R_OK | W_OK : about.isDirectory() ? R_OK | X_OK : R_OK)
    return true
  } catch {
    return false
  }
}

function refusal({ type, input }: Place): string {
  const group = type === 'docker' && input === 'docker' ? ', or a member of the group docker' : ''
  return `permission denied: run as a user that may read it (root${group})`
}

function statOf(path: string): Stats | string {
  try {
    return statSync(path)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code ?? ''
  }
}

function isForbidden(code: string): boolean {
  return code === 'EACCES' || code === 'EPERM'
}

function withNote(message: string, note: string | undefined): string {
  return note === undefined ? message : `${message}; ${note}`
}

function readSettings(path: string): string | undefined {
  try {
    const about = statSync(path)
    return about.isFile() && about.size <= MAX_SETTINGS ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path).sort()
  } catch {
    return []
  }
}
