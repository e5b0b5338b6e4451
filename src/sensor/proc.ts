import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { containerOfProcess } from './control-group.ts'

/** What /proc says of a process that is there now. */
export interface ProcessState {
  readonly pid: number
  readonly ppid: number
  /** When it began, in hundredths of a second since boot. */
  readonly started: number
  readonly executable: string | undefined
  readonly args: readonly string[]
  readonly cwd: string | undefined
  readonly uid: number | undefined
  readonly container: string | undefined
}

/** Reads a process; undefined where it is gone. */
export function readProcess(pid: number): ProcessState | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // the name is in brackets and may hold anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const uid = /^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1]
  return {
    pid,
    ppid: Number(fields[1]),
    started: Number(fields[19]),
    executable: readLink(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, ''),
    args: argsOf(readBytes(`/proc/${pid}/cmdline`) ?? Buffer.alloc(0)),
    cwd: readLink(`/proc/${pid}/cwd`),
    uid: uid === undefined ? undefined : Number(uid),
    container: containerOfProcess(readText(`/proc/${pid}/cgroup`) ?? ''),
  }
}

/** Every process that is in a container now. */
export function containerProcesses(): readonly ProcessState[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const container = containerOfProcess(readText(`/proc/${name}/cgroup`) ?? '')
      return container === undefined ? [] : (readProcess(Number(name)) ?? [])
    })
}

/** Arguments as the kernel keeps them: each ended by a zero. */
export function argsOf(bytes: Buffer): readonly string[] {
  if (bytes.length === 0) return []
  const text = bytes.toString()
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
}

function readText(path: string): string | undefined {
  return readBytes(path)?.toString()
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
