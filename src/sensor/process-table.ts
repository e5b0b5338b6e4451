import type { ProcessState } from './proc.ts'

/** A process as the sensor knows it. */
export interface KnownProcess {
  readonly pid: number
  readonly ppid: number
  /** ns since boot; hundredths of a second are exact where it was read from /proc. */
  readonly start: number
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
  /** The process: known, or forked from a known one, or read from /proc. */
  find(pid: number, start: number, ppid: number, uid: number): KnownProcess | undefined
  /** Those above it, nearest first, up to what started the container. */
  ancestors(process: KnownProcess, above: readonly number[]): readonly KnownProcess[]
  /** Any process of that number. */
  get(pid: number): KnownProcess | undefined
  ended(pid: number, time: number): void
  /** Since when it is in its container: 0 for always, undefined where it is in none that is known. */
  sinceOf(pid: number, start: number): number | undefined
}

const MAX_PROCESSES = 50_000
/** One that ended is remembered so long, ns: those that it started are told with it. */
const REMEMBERED = 30e9
const MAX_ANCESTORS = 12
const HUNDREDTH = 1e7

export function createProcessTable(read: (pid: number) => ProcessState | undefined): ProcessTable {
  const known = new Map<number, KnownProcess>()
  const ended: { readonly pid: number; readonly start: number; readonly time: number }[] = []

  const put = (process: KnownProcess): void => {
    known.delete(process.pid)
    known.set(process.pid, process)
    if (known.size > MAX_PROCESSES)
      for (const oldest of known.keys()) {
        known.delete(oldest)
        break
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
  return {
    put,
    get,
    find(pid, start, ppid, uid) {
      const here = known.get(pid)
      const isHere = here !== undefined && isSame(here.start, start)
      if (isHere && here.container !== undefined) return here
      const parent = ppid === pid ? undefined : get(ppid)
      if (parent?.container !== undefined) {
        const forked = { ...parent, pid, ppid, start, uid, above: [ppid, ...(parent.above ?? [parent.ppid])] }
        put(forked)
        return forked
      }
      if (isHere) return here
      known.delete(pid)
      const read = fromProc(pid)
      return read !== undefined && isSame(read.start, start) ? read : undefined
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
      if (process?.container === undefined || !isSame(process.start, start)) return undefined
      return process.since ?? 0
    },
    ended(pid, time) {
      const process = known.get(pid)
      if (process !== undefined) ended.push({ pid, start: process.start, time })
      while (ended[0] !== undefined && ended[0].time < time - REMEMBERED) {
        const gone = ended.shift()
        if (gone !== undefined && known.get(gone.pid)?.start === gone.start) known.delete(gone.pid)
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

/** /proc counts hundredths of a second. */
function isSame(a: number, b: number): boolean {
  return Math.floor(a / HUNDREDTH) === Math.floor(b / HUNDREDTH)
}
