import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { containersIn } from './control-group.ts'
import { readProcess, type ProcessState } from './proc.ts'

/** What runs in a container, or like one: in a control group that bears an id, or in a PID namespace of its own. */
export interface ControlGroup {
  /** The container's full id, or `pid:[…]`, the namespace, where no name of its control group is one. */
  readonly key: string
  /** Whether `key` is an id. */
  readonly named: boolean
  /** Path of the control group. */
  readonly group: string
  /** The id that is nearer to the root, of a container within a container. */
  readonly outer?: string
  /** UID of the pod, where the path has one. */
  readonly pod?: string
  /** The process that came first, and the one above it. */
  readonly process?: ProcessState
  readonly parent?: ProcessState
  /** Namespaces that are not the host's: pid, mnt, net, …. */
  readonly namespaces: readonly string[]
  /** Its root is another folder than the host's. */
  readonly ownRoot: boolean
}

/** How /proc is read; of the machine unless told. */
export interface ProcFolder {
  pids(): readonly string[]
  text(path: string): string | undefined
  link(path: string): string | undefined
  /** Device and inode of a folder. */
  place(path: string): string | undefined
  process(pid: number): ProcessState | undefined
}

const NAMESPACES = ['pid', 'mnt', 'net', 'ipc', 'uts', 'user', 'cgroup'] as const
const POD = /(?:^|[/-])pod([0-9a-f]{8}[-_][0-9a-f_-]{27}|[0-9a-f]{32})(?:[./]|$)/

/**
 * Looks for containers in /proc. What is known of one stays while its first process lives, so that a process that
 * rewrites its command line changes nothing.
 */
export function createControlGroups(proc: ProcFolder = PROC): () => readonly ControlGroup[] {
  let known = new Map<string, ControlGroup>()
  return () => {
    const members = new Map<string, Member[]>()
    // where init may not be looked at, the sensor is the host
    const host = proc.link('/proc/1/ns/pid') === undefined ? '/proc/self' : '/proc/1'
    const namespace = proc.link(`${host}/ns/pid`)
    for (const pid of proc.pids()) {
      const member = memberOf(pid, namespace, proc)
      if (member === undefined) continue
      const of = members.get(member.key)
      if (of === undefined) members.set(member.key, [member])
      else of.push(member)
    }
    known = new Map(
      [...members].map(([key, of]) => {
        const before = known.get(key)
        const isSame = before !== undefined && of.some(({ pid }) => pid === before.process?.pid)
        return [key, isSame ? before : described(of, host, proc)] as const
      }),
    )
    return [...known.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }
}

interface Member {
  readonly pid: number
  readonly key: string
  readonly ids: readonly string[]
  readonly group: string
}

function memberOf(pid: string, host: string | undefined, proc: ProcFolder): Member | undefined {
  const lines = (proc.text(`/proc/${pid}/cgroup`) ?? '').split('\n').filter(Boolean)
  const paths = lines.map((line) => line.split(':').slice(2).join(':'))
  const own = paths.map((group) => ({ group, ids: containersIn(group.split('/')) }))
  const named = own.find(({ ids }) => ids.length > 0)
  const group = named?.group ?? own.at(-1)?.group ?? ''
  const id = named?.ids.at(-1)
  if (id !== undefined) return { pid: Number(pid), key: id, ids: named?.ids ?? [], group }
  const namespace = proc.link(`/proc/${pid}/ns/pid`)
  if (namespace === undefined || host === undefined || namespace === host) return undefined
  return { pid: Number(pid), key: namespace, ids: [], group }
}

function described(members: readonly Member[], host: string, proc: ProcFolder): ControlGroup {
  const states = members.flatMap(({ pid }) => proc.process(pid) ?? [])
  const [process] = states.toSorted((a, b) => a.started - b.started || a.pid - b.pid)
  const member = members.find(({ pid }) => pid === process?.pid) ?? members[0]
  const { key, ids, group, pid } = member ?? { key: '', ids: [], group: '', pid: 0 }
  const parent = process === undefined ? undefined : proc.process(process.ppid)
  const pod = POD.exec(group)?.[1]?.replaceAll('_', '-')
  const [outer] = ids
  const root = proc.place(`/proc/${pid}/root/.`)
  return {
    key,
    named: ids.length > 0,
    group,
    ...(outer !== undefined && outer !== key && { outer }),
    ...(pod !== undefined && { pod }),
    ...(process !== undefined && { process }),
    ...(parent !== undefined && { parent }),
    namespaces: NAMESPACES.filter((name) => {
      const own = proc.link(`/proc/${pid}/ns/${name}`)
      return own !== undefined && own !== proc.link(`${host}/ns/${name}`)
    }),
    ownRoot: root !== undefined && root !== proc.place(`${host}/root/.`),
  }
}

const PROC: ProcFolder = {
  pids: () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)),
  text: (path) => attempt(() => readFileSync(path, 'utf8')),
  link: (path) => attempt(() => readlinkSync(path)),
  place: (path) =>
    attempt(() => {
      const { dev, ino } = statSync(path)
      return `${dev}:${ino}`
    }),
  process: readProcess,
}

/** Processes come and go while they are read. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
