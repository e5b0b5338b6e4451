import { posix } from 'node:path'
import type { Event, HostMount } from '../domain/event.ts'
import { hostPathOf } from '../domain/host-path-of.ts'
import { exposuresOf, normalizeHostPath } from '../domain/host-paths.ts'
import { derivedEvent } from './events.ts'
import type { EventBase } from './events.ts'
import { execEvents } from './exec-record.ts'
import { commandsOf } from './shell.ts'

/** A mount of a specification, whatever engine it is for. */
export interface SpecMount {
  /** bind, volume, tmpfs, or the kind of the volume. */
  readonly type: string
  /** Host paths as given and as resolved for a bind; the name of a volume. */
  readonly source: readonly string[]
  readonly destination: string
  readonly readOnly: boolean
  readonly propagation?: string
  /** Limit in bytes. */
  readonly size?: number
  /** Of a volume: whether the image declares one there, or one without a name was asked for. */
  readonly declared?: boolean
}

/** One container as its creator specified it. `fields` are those of the category container_create. */
export interface ContainerSpec {
  readonly fields: Readonly<Record<string, unknown>>
  readonly mounts: readonly SpecMount[]
  /** Entrypoint and arguments as declared; empty where the image decides. */
  readonly command: readonly string[]
  /** Where the command is started; missing where the image decides. */
  readonly folder?: string
  /** What is known of its image; its creation alone tells of it. */
  readonly image?: Readonly<Record<string, unknown>>
  /** Kind of object for Kubernetes: container, init, ephemeral. */
  readonly containerType?: string
}

/** Each written path is looked up in so many mounts. */
const MAX_SEARCHED_MOUNTS = 256

/** One `container_create`, one `container_mount` a mount, and `container_exec` for the declared command. */
export function specEvents(base: EventBase, spec: ContainerSpec): readonly Event[] {
  const created = createRecord(spec)
  const mounts = spec.mounts.map((mount, index) =>
    derivedEvent(base, `mount/${index}`, 'container_mount', { ...created, ...mountRecord(mount) }),
  )
  const hostMounts = hostMountsOf(spec).slice(0, MAX_SEARCHED_MOUNTS)
  const commands = spec.command.length === 0 ? [] : commandsOf(spec.command, spec.folder)
  const execs = execEvents(base, commands, {
    origin: 'entrypoint',
    ...(spec.containerType !== undefined && { containerType: spec.containerType }),
    onHost: (path) => hostPathOf(path, hostMounts),
  })
  const whole = { ...created, ...filled(spec.image ?? {}) }
  return [derivedEvent(base, 'create', 'container_create', whole), ...mounts, ...execs]
}

/** The parts of the host that the container sees, by their resolved paths. */
export function hostMountsOf(spec: ContainerSpec): readonly HostMount[] {
  return spec.mounts.flatMap((mount) => {
    const source = mount.type === 'bind' ? mount.source.at(-1) : undefined
    return source === undefined ? [] : [{ source, destination: mount.destination, readOnly: mount.readOnly }]
  })
}

/** Paths of the host in one form, without repetition: as given, then as resolved. */
export function hostPaths(given: string, resolved: string | undefined): readonly string[] {
  const paths = [given, ...(resolved === undefined ? [] : [resolved])].map(normalizeHostPath)
  return [...new Set(paths)]
}

/** Capability names in upper case, without `CAP_`. */
export function capabilities(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toUpperCase().replace(/^CAP_/, ''))
}

function createRecord(spec: ContainerSpec): Record<string, unknown> {
  const binds = spec.mounts.filter((mount) => mount.type === 'bind').flatMap((mount) => mount.source)
  return filled({
    ...spec.fields,
    'container.exposes': unique(binds.flatMap((path) => exposuresOf(path))),
    'container.host_paths': unique(binds),
    'container.command': spec.command,
    'container.command.executable':
      spec.command[0] === undefined ? undefined : posix.basename(spec.command[0]),
  })
}

/** Without what is not known, and lists of nothing. */
function filled(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) record[name] = value
  }
  return record
}

function mountRecord(mount: SpecMount): Record<string, unknown> {
  const exposes = mount.type === 'bind' ? unique(mount.source.flatMap((path) => exposuresOf(path))) : []
  const destinationExposes = mount.destination.startsWith('/') ? exposuresOf(mount.destination) : []
  return {
    'mount.type': mount.type,
    ...(mount.source.length > 0 && { 'mount.source': mount.source }),
    'mount.destination': mount.destination,
    'mount.read_only': mount.readOnly,
    ...(mount.propagation !== undefined && { 'mount.propagation': mount.propagation }),
    ...(exposes.length > 0 && { 'mount.exposes': exposes }),
    ...(destinationExposes.length > 0 && { 'mount.destination_exposes': destinationExposes }),
    ...(mount.size !== undefined && { 'mount.size': mount.size }),
    ...(mount.declared !== undefined && { 'mount.declared': mount.declared }),
  }
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)]
}
