import { createAssembly, type Observed } from './assemble.ts'
import { createClock } from './clock.ts'
import { containerOf } from './control-group.ts'
import { upToZero, type Closed, type Fork, type Message } from './messages.ts'
import { argsOf, type ProcessState } from './proc.ts'
import { createProcessTable, knownFrom, type KnownProcess } from './process-table.ts'
import { createUpperLayers, type UpperLayers } from './upper-layer.ts'
import { absolutePath, recordOf, type Body, type Who } from './record.ts'
import type { Written } from './sampler.ts'
import { createWrittenFiles } from './written-files.ts'

/** A line to write: what it tells, and when it happened. */
export interface Line {
  /** ISO 8601, UTC. */
  readonly time: string
  readonly body: Body
}

export interface ObserverOptions {
  /** Keep what the host's own processes do as well. */
  readonly host: boolean
  readonly read: (pid: number) => ProcessState | undefined
  readonly containerProcesses: () => readonly ProcessState[]
  /** Whether a file of a container is none of its image; of the machine's overlays unless told. */
  readonly upperLayers?: UpperLayers
}

/** Turns the program's messages into lines: pieces together, whose it was, what ran above it. */
export interface Observer {
  /** `now`: when it was heard, ms since the epoch. */
  take(message: Message, now: number): void
  /** Lines of what was heard before `now` - 60 ms, in the order in which it happened. */
  lines(now: number): readonly Line[]
  /** Files of containers that were written and closed since the last call, to be looked into. */
  written(): readonly Written[]
  /** Where a file went by now that a container had at a path. */
  moved(container: string, path: string): string | undefined
  /** Reads which processes run in containers: at the start, and after a loss. */
  recount(): void
  /** Events of container runtimes, which prepare a container from within and are not written. */
  readonly setup: number
  time(boot: number): string
}

/** Messages of different processors come in any order within this time, ms. */
const SETTLING = 60
/**
 * A processor whose buffer is long is heard late: what seems to come before its process's exec waits so long for
 * it, ms, and is a runtime's only then.
 */
const PATIENCE = 5_000
const MAX_DOUBTFUL = 20_000
/** What is in doubt is looked at again so often at most, ms, and only after something that may settle it. */
const RETRY = 200
const ROOT_LEVEL_LIMIT = 16
const MAX_GROUPS = 20_000

interface Doubtful {
  readonly event: Observed
  readonly heard: number
  readonly state?: ProcessState | undefined
}
type Waiting =
  | Doubtful
  | { readonly fork: Fork; readonly heard: number }
  | { readonly closed: Closed; readonly heard: number }
  | { readonly exit: { readonly pid: number; readonly time: number }; readonly heard: number }

function timeOf(one: Waiting): number {
  if ('fork' in one) return one.fork.time
  if ('closed' in one) return one.closed.time
  return 'exit' in one ? one.exit.time : one.event.time
}

/** How an event is looked at: first, again without reading /proc, or for the last time. */
type Look = 'first' | 'again' | 'last'
const NOT_SEEN_STARTED =
  'how its process came into the container was not seen: it may be the container’s own or its runtime’s'
const NO_GROUP = 'its control group was gone before it could be looked up'

/** Whether the process had been started in a container when it did that. */
function isInside(process: KnownProcess | undefined, { time }: Observed): boolean {
  return process?.container !== undefined && (process.since === undefined || process.since <= time)
}

export function createObserver(options: ObserverOptions): Observer {
  const assembly = createAssembly()
  const upperLayers = options.upperLayers ?? createUpperLayers()
  const clock = createClock()
  const processes = createProcessTable(options.read)
  const files = createWrittenFiles()
  const groups = new Map<string, { readonly names: string[]; container?: string | undefined }>()
  let waiting: Waiting[] = []
  let doubtful: Doubtful[] = []
  let [setup, retried, mayBeSettled] = [0, 0, false]

  const name = (group: string, level: number, text: string): void => {
    const known = groups.get(group) ?? { names: [] }
    known.names[level] = text
    groups.set(group, known)
    known.container = isComplete(known.names) ? containerOf(known.names.toReversed()) : undefined
    if (groups.size > MAX_GROUPS)
      for (const oldest of groups.keys()) {
        groups.delete(oldest)
        break
      }
  }
  /** The container of an event, by its control group; `known` false where that could not be found out. */
  const ownerOf = (
    event: Observed,
    state: ProcessState | undefined,
  ): { readonly id: string | undefined; readonly known: boolean } => {
    const group = groups.get(event.group)
    if (group !== undefined && isComplete(group.names)) return { id: group.container, known: true }
    return { id: state?.container, known: state !== undefined }
  }
  const lineOf = ({ event, state }: Doubtful, look: Look): Line | 'before its exec' | undefined => {
    const owner = ownerOf(event, state)
    const before = event.type === 1 ? undefined : processes.find(event, look === 'first')
    // a process that left its control group is still the container's that it or its parent was started in
    const inherited =
      before?.container ?? (look === 'first' ? processes.get(event.ppid)?.container : undefined)
    const container = owner.id ?? inherited
    const process =
      event.type === 1
        ? startedProcess(event, container, options.read, processes.sinceOf(event.pid, event.start))
        : (before ?? unknownProcess(event))
    if (event.type === 1) processes.put(process)
    const isExec = event.type <= 2
    if (container === undefined && owner.known && !options.host) return undefined
    const inDoubt = !isExec && container !== undefined && !isInside(before, event)
    if (inDoubt && look !== 'last') return 'before its exec'
    const who: Who = {
      process: event.type === 2 ? attempted(event, process) : process,
      ancestors: processes.ancestors(process, event.above),
      container,
      upperLayer: event.type === 1 ? inUpperLayer(event, container, process) : undefined,
      unresolved: inDoubt ? NOT_SEEN_STARTED : container === undefined && !owner.known ? NO_GROUP : undefined,
    }
    const body = recordOf(event, who)
    if (body !== undefined) files.told(event, body, who)
    return body && { time: clock.at(event.time), body }
  }

  /** Whether the file that now runs is one that its container wrote. */
  const inUpperLayer = (
    event: Observed,
    container: string | undefined,
    { executable }: KnownProcess,
  ): boolean | undefined =>
    container === undefined
      ? undefined
      : upperLayers.holds(container, event.pid, realPath(event, executable ?? ''))

  /** What nothing settled: a runtime's where it began outside, else told with its doubt. */
  const ended = (one: Doubtful): readonly Line[] => {
    const settled = lineOf(one, 'again')
    if (settled === 'before its exec' && one.event.outside && !processes.forgot) {
      setup += 1
      return []
    }
    const line = settled === 'before its exec' ? lineOf(one, 'last') : settled
    return line === undefined || line === 'before its exec' ? [] : [line]
  }
  /** Looks again at what is in doubt where it may be settled, and ends what was it for too long; `fresh` joins it. */
  const settle = (fresh: readonly Doubtful[], now: number): readonly Line[] => {
    const lines: Line[] = []
    if (mayBeSettled && now >= retried + RETRY) {
      const still: Doubtful[] = []
      for (const one of doubtful) {
        const line = lineOf(one, 'again')
        if (line === 'before its exec') still.push(one)
        else if (line !== undefined) lines.push(line)
      }
      doubtful = still
      ;[retried, mayBeSettled] = [now, false]
    }
    for (const one of fresh) doubtful.push(one)
    const kept = doubtful.findIndex(
      ({ heard }, index) => heard > now - PATIENCE && index >= doubtful.length - MAX_DOUBTFUL,
    )
    for (const one of doubtful.splice(0, kept === -1 ? doubtful.length : kept)) lines.push(...ended(one))
    return lines
  }

  return {
    take(message, now) {
      if (message.kind === 'beat') clock.heard(message.time, now)
      else if (message.kind === 'group') name(message.group, message.level, message.name)
      else if (message.kind === 'fork') waiting.push({ fork: message, heard: now })
      else if (message.kind === 'closed') waiting.push({ closed: message, heard: now })
      else if (message.kind === 'exit') waiting.push({ exit: message, heard: now })
      else {
        const event = assembly.take(message)
        if (event === undefined) return
        const group = groups.get(event.group)
        const needsLook = group === undefined || !isComplete(group.names)
        waiting.push({ event, heard: now, ...(needsLook && { state: options.read(event.pid) }) })
      }
    },
    lines(now) {
      const ready = waiting.filter(({ heard }) => heard <= now - SETTLING)
      waiting = waiting.filter(({ heard }) => heard > now - SETTLING)
      const lines: Line[] = []
      const fresh: Doubtful[] = []
      for (const one of ready.toSorted((a, b) => timeOf(a) - timeOf(b))) {
        if ('exit' in one) {
          files.ended(one.exit.pid, clock.at(one.exit.time))
          processes.ended(one.exit.pid, one.exit.time)
        } else if ('fork' in one) processes.forked(one.fork)
        else if ('closed' in one) files.closed(one.closed, clock.at(one.closed.time))
        mayBeSettled ||= 'fork' in one || ('event' in one && one.event.type === 1)
        if (!('event' in one)) continue
        const line = lineOf(one, 'first')
        if (line === 'before its exec') fresh.push(one)
        else if (line !== undefined) lines.push(line)
      }
      // what was in doubt comes after what may settle it
      lines.push(...settle(fresh, now))
      return lines
    },
    written: () => files.closedSince(),
    moved: (container, path) => files.moved(container, path),
    recount() {
      for (const state of options.containerProcesses()) {
        const known = knownFrom(state, state.container)
        if (processes.get(state.pid)?.container === undefined) processes.put(known)
      }
    },
    get setup() {
      return setup
    },
    time: (boot) => clock.at(boot),
  }
}

/** Whether all names up to the root's, which is empty, are there. */
function isComplete(names: readonly (string | undefined)[]): boolean {
  return (
    names.length > 0 && names.length < ROOT_LEVEL_LIMIT && names.at(-1) === '' && !names.includes(undefined)
  )
}

/** Paths that name a file by a descriptor or as the process's own: fexecve, busybox calling itself. */
const INDIRECT = /^\/(?:dev\/fd\/\d+|proc\/(?:self|thread-self|\d+)\/(?:exe|fd\/\d+))$/

/** The path of the file that runs, as the kernel has it; a file in memory has a name and no path. */
function realPath(event: Observed, file: string): string {
  const path = event.folder(3)
  return path?.whole === true ? path.bytes.toString() : file
}

/** The process after an exec. */
function startedProcess(
  event: Observed,
  container: string | undefined,
  read: ObserverOptions['read'],
  before: number | undefined,
): KnownProcess {
  const path = absolutePath(event, 0)
  const given = event.bytes(1)
  const folder = event.folder(0)
  const kernel = argsOf(given?.bytes ?? Buffer.alloc(0))
  const completed = given?.whole === true ? undefined : completedArgs(event, kernel, read)
  const file = upToZero(event.text(2)?.bytes ?? Buffer.alloc(0)).toString()
  return {
    pid: event.pid,
    ppid: event.ppid,
    start: event.start,
    uid: event.uid,
    executable: INDIRECT.test(path.text) ? realPath(event, file) : path.text,
    file: file === '' ? undefined : file,
    args: completed ?? kernel,
    cwd: folder?.bytes.toString(),
    truncated: [
      ...(path.whole ? [] : ['Image']),
      ...(given?.whole === true || completed !== undefined ? [] : ['process.command_args', 'CommandLine']),
      ...(folder?.whole === true ? [] : ['CurrentDirectory']),
    ],
    container,
    above: event.above,
    // a second exec does not put what the first did before it in doubt
    since: Math.min(before ?? event.time, event.time),
  }
}

/** The arguments from /proc, where they begin as the kernel said: then it is this exec's. */
function completedArgs(
  event: Observed,
  kernel: readonly string[],
  read: ObserverOptions['read'],
): readonly string[] | undefined {
  const state = read(event.pid)
  if (state === undefined || state.started !== Math.floor(event.start / 1e7)) return undefined
  return state.args.join('\0').startsWith(kernel.join('\0')) ? state.args : undefined
}

/** What an exec that failed would have run. */
function attempted(event: Observed, process: KnownProcess): KnownProcess {
  const path = absolutePath(event, 0)
  const given = Array.from({ length: 24 }, (_, index) => event.text(10 + index)).filter(
    (text) => text !== undefined,
  )
  const whole = given.length < 24 && given.every((text) => text.whole)
  return {
    ...process,
    executable: path.text,
    file: undefined,
    args: given.map(({ bytes }) => bytes.toString()),
    truncated: [...(path.whole ? [] : ['Image']), ...(whole ? [] : ['process.command_args', 'CommandLine'])],
  }
}

function unknownProcess({ pid, ppid, start, uid }: Observed): KnownProcess {
  return {
    pid,
    ppid,
    start,
    uid,
    executable: undefined,
    file: undefined,
    args: [],
    cwd: undefined,
    truncated: ['Image'],
    container: undefined,
  }
}
