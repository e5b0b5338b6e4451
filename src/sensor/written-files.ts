import type { Observed } from './assemble.ts'
import type { Closed } from './messages.ts'
import type { Body, Who } from './record.ts'
import { isSampled } from './sampled-programs.ts'
import type { Written } from './sampler.ts'

/** Remembers what was opened to write to until it is closed, and where files went that were renamed. */
export interface WrittenFiles {
  /** A record was made of an event. */
  told(event: Observed, body: Body, who: Who): void
  /** `time`: when, ISO 8601. */
  closed(file: Closed, time: string): void
  /** The process ended, and with it what it had open. */
  ended(pid: number, time: string): void
  closedSince(): readonly Written[]
  moved(container: string, path: string): string | undefined
}

const MAX_OPEN = 16_384
const MAX_RENAMES = 1_024
const MAX_PIDS = 4

export function createWrittenFiles(): WrittenFiles {
  const opened = new Map<string, Omit<Written, 'time' | 'key' | 'isLast'>>()
  const byProcess = new Map<number, Set<string>>()
  const renames = new Map<string, string>()
  let ready: Written[] = []
  return {
    told({ numbers }, body, { process, ancestors, container }) {
      const { kind, path, source } = body
      if (container === undefined || typeof path !== 'string') return
      if (kind === 'rename' && typeof source === 'string')
        remember(renames, keyOf(container, source), path, MAX_RENAMES)
      const [, , inode = 0n, device = 0n] = numbers
      if (kind !== 'write' || inode === 0n || !isSampled(process.executable)) return
      const others = ancestors.filter((each) => each.container === container).map(({ pid }) => pid)
      const pids = [process.pid, ...others].slice(0, MAX_PIDS)
      const key = keyOf(device, inode)
      remember(opened, key, { body: { ...body, path, container }, pids, inode }, MAX_OPEN)
      remember(byProcess, process.pid, (byProcess.get(process.pid) ?? new Set()).add(key), MAX_OPEN)
    },
    closed({ inode, device }, time) {
      const key = keyOf(device, inode)
      const file = opened.get(key)
      if (file !== undefined) ready.push({ ...file, time, key })
    },
    ended(pid, time) {
      for (const key of byProcess.get(pid) ?? []) {
        const file = opened.get(key)
        opened.delete(key)
        if (file !== undefined) ready.push({ ...file, time, key, isLast: true })
      }
      byProcess.delete(pid)
    },
    closedSince() {
      const files = ready
      ready = []
      return files
    },
    moved: (container, path) => renames.get(keyOf(container, path)),
  }
}

function keyOf(...parts: readonly (string | bigint)[]): string {
  return parts.join('\0')
}

/** The newest; beyond the bound the oldest is let go. */
function remember<K, T>(map: Map<K, T>, key: K, value: T, bound: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > bound)
    for (const oldest of map.keys()) {
      map.delete(oldest)
      break
    }
}
