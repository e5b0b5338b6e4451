import type { Fork } from './messages.ts'
import type { ProcessState } from './proc.ts'

/** A process as the sensor knows it. */
export interface KnownProcess {
  readonly pid: number
  readonly ppid: number
  /** ns since boot; hundredths of a second are exact where it was read from /proc. */
  readonly start: number
  /** It is known from its fork, which was some microseconds later. */
  readonly isAbout?: boolean
  readonly uid: number | undefined
  readonly executable: string | undefined
  /** Base name of the file that runs. */
  readonly file: string | undefined
  readonly args: readonly string[]
  readonly cwd: string | undefined
  /** Fields that hold less than there was. */
  readonly truncated: readonly string[]
  /** The container that it was started in; undefined for a runtime’s or the host’s. */
  readonly container: string | undefined
  /** The processes above it when it was started, nearest first; undefined where only `ppid` is known. */
  readonly above?: readonly number[]
  /** ns since boot, of its first exec in the container; undefined where that was before the sensor began. */
  readonly since?: number | undefined
}

/** The processes of containers and those that started them, as far as they were seen or are there. */
export interface ProcessTable {
  put(process: KnownProcess): void
  /** A process was forked: it is its parent's container's, and runs what that ran. */
  forked(fork: Fork): void
  /**
   * The process: known, or below a known one, or read from /proc. `look` false: only what is known, nothing is read.
   */
  find(of: Pick<KnownProcess, 'pid' | 'ppid' | 'uid' | 'start'>, look: boolean): KnownProcess | undefined
  /** Those above it, nearest first, up to what started the container. */
  ancestors(process: KnownProcess, above: readonly number[]): readonly KnownProcess[]
  /** Any process of that number. */
  get(pid: number): KnownProcess | undefined
  ended(pid: number, time: number): void
  /** Since when it is in its container: 0 for always, undefined where it is in none that is known. */
  sinceOf(pid: number, start: number): number | undefined
  /** There were so many at once that living ones were forgotten. */
  readonly forgot: boolean
}

const MAX_PROCESSES = 50_000
/** One that ended is remembered so long, ns: those that it started are told with it. */
const REMEMBERED = 30e9
const MAX_ANCESTORS = 12
/** How far up a process's container is looked for. */
const MAX_GENERATIONS = 64
const HUNDREDTH = 1e7
const SECOND = 1e9

export function createProcessTable(read: (pid: number) => ProcessState | undefined): ProcessTable {
  const known = new Map<number, KnownProcess>()
  const ended: { readonly pid: number; readonly start: number; readonly time: number }[] = []

  let forgot = false

  const forget = ({ pid, start }: Pick<KnownProcess, 'pid' | 'start'>): void => {
    if (known.get(pid)?.start === start) known.delete(pid)
  }
  const put = (process: KnownProcess): void => {
    known.delete(process.pid)
    known.set(process.pid, process)
    while (known.size > MAX_PROCESSES) {
      const gone = ended.shift()
      if (gone !== undefined) forget(gone)
      else {
        forgot = true
        for (const oldest of known.keys()) {
          known.delete(oldest)
          break
        }
      }
    }
  }
  const fromProc = (pid: number): KnownProcess | undefined => {
    if (pid <= 0) return undefined
    const state = read(pid)
    // a runtime that prepares a container is in its control group already: only what runs below counts as inside
    const process = state && knownFrom(state, undefined)
    if (process !== undefined) put(process)
    return process
  }
  const get = (pid: number): KnownProcess | undefined => known.get(pid) ?? fromProc(pid)
  /** It is the nearest known one's above it, and so are those between them. */
  const inherit = (of: Parameters<ProcessTable['find']>[0], look: boolean): KnownProcess | undefined => {
    const between: KnownProcess[] = []
    let next = of.ppid
    while (next > 1 && next !== of.pid && between.length < MAX_GENERATIONS) {
      let one = look ? get(next) : known.get(next)
      if (one === undefined) return undefined
      if (one.container === undefined) {
        between.push(one)
        next = one.ppid
        continue
      }
      for (const each of between.toReversed()) {
        one = { ...each, container: one.container, since: one.since, above: lineOf(one) }
        put(one)
      }
      const process = below(one, of)
      put(process)
      return process
    }
    return undefined
  }
  return {
    put,
    get,
    get forgot() {
      return forgot
    },
    forked({ pid, ppid, uid, time }) {
      const parent = get(ppid)
      if (parent === undefined) return
      const isInside = parent.container !== undefined && (parent.since ?? 0) <= time
      const child = below(parent, { pid, ppid, uid, start: time })
      put({ ...child, isAbout: true, container: isInside ? parent.container : undefined })
    },
    find(of, look) {
      const here = known.get(of.pid)
      const isHere = here !== undefined && isSame(here, of.start)
      if (isHere && here.isAbout === true) known.set(of.pid, { ...here, start: of.start, isAbout: false })
      if (isHere && here.container !== undefined) return here
      const inherited = inherit(of, look)
      if (inherited !== undefined || isHere) return inherited ?? here
      if (!look) return undefined
      known.delete(of.pid)
      const found = fromProc(of.pid)
      return found !== undefined && isSame(found, of.start) ? found : undefined
    },
    ancestors(process, above) {
      const chain: KnownProcess[] = []
      const pids = above.length > 0 ? above : [process.ppid]
      let next: number | undefined = pids[0]
      while (next !== undefined && next > 1 && chain.length < MAX_ANCESTORS) {
        const one = get(next)
        if (one === undefined || chain.includes(one) || one === process) break
        chain.push(one)
        // what started the container is the last: the host's tree is not the container's
        if (one.container === undefined) break
        next = pids[chain.length] ?? one.above?.[0] ?? one.ppid
      }
      return chain
    },
    sinceOf(pid, start) {
      const process = known.get(pid)
      if (process?.container === undefined || !isSame(process, start)) return undefined
      return process.since ?? 0
    },
    ended(pid, time) {
      const process = known.get(pid)
      if (process !== undefined) ended.push({ pid, start: process.start, time })
      while (ended[0] !== undefined && ended[0].time < time - REMEMBERED) {
        const gone = ended.shift()
        if (gone !== undefined) forget(gone)
      }
    },
  }
}

/** A process as /proc has it, started in `container`. */
export function knownFrom(state: ProcessState, container: string | undefined): KnownProcess {
  const { pid, ppid, executable, args, cwd, uid, started } = state
  return {
    pid,
    ppid,
    start: started * HUNDREDTH,
    uid,
    executable,
    file: executable?.split('/').at(-1),
    args,
    cwd,
    truncated: [],
    container,
  }
}

/** A process that runs what its parent runs. */
function below(parent: KnownProcess, of: Pick<KnownProcess, 'pid' | 'ppid' | 'uid' | 'start'>): KnownProcess {
  return { ...parent, ...of, isAbout: false, above: lineOf(parent) }
}

/** Processes above a child of this one, as far as they are known. */
function lineOf({ pid, ppid, above }: KnownProcess): readonly number[] {
  return [pid, ...(above ?? [ppid])].slice(0, MAX_ANCESTORS)
}

/** /proc counts hundredths of a second, and no number is given to another process within one. */
function isSame(process: KnownProcess, start: number): boolean {
  return process.isAbout === true
    ? Math.abs(process.start - start) < SECOND
    : Math.floor(process.start / HUNDREDTH) === Math.floor(start / HUNDREDTH)
}
