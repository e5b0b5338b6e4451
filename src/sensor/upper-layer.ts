import { lstatSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** Says of a file of a container whether it lies in what the container wrote itself, and so not in its image. */
export interface UpperLayers {
  /**
   * Undefined where that cannot be told: the root is no overlay, the path is below another mount, or no process of the
   * container could be looked at. `pid` is one of the container's.
   */
  holds(container: string, pid: number, path: string): boolean | undefined
}

interface Root {
  /** The folder of the host into which what the container writes goes. */
  readonly upper: string
  /** Where something else is mounted. */
  readonly mounts: readonly string[]
}

const MAX_CONTAINERS = 10_000
const MAX_MOUNTS = 1_000

/** A container's mounts are read once, of its first process: what it mounts later by itself misleads nobody. */
export function createUpperLayers(mountsOf: (pid: number) => string | undefined = readMounts): UpperLayers {
  const roots = new Map<string, Root | 'none'>()
  const rootOf = (container: string, pid: number): Root | 'none' | undefined => {
    const known = roots.get(container)
    if (known !== undefined) return known
    const text = mountsOf(pid)
    if (text === undefined) return undefined
    const root = parseRoot(text) ?? 'none'
    roots.set(container, root)
    const [oldest] = roots.keys()
    if (roots.size > MAX_CONTAINERS && oldest !== undefined) roots.delete(oldest)
    return root
  }
  return {
    holds(container, pid, path) {
      if (!path.startsWith('/')) return undefined
      const root = rootOf(container, pid)
      if (root === undefined || root === 'none') return undefined
      const file = posix.normalize(path)
      if (root.mounts.some((mount) => file === mount || file.startsWith(`${mount}/`))) return undefined
      return isFile(posix.join(root.upper, file))
    },
  }
}

/** Lines of /proc/<pid>/mountinfo: `36 35 98:0 /root /point options - type source super-options`. */
function parseRoot(text: string): Root | undefined {
  let upper: string | undefined
  const mounts: string[] = []
  for (const line of text.split('\n').slice(0, MAX_MOUNTS)) {
    const [before = '', after = ''] = line.split(' - ')
    const point = unescaped(before.split(' ')[4] ?? '')
    if (point !== '/') mounts.push(point)
    else {
      const [type, , options = ''] = after.split(' ')
      upper = type === 'overlay' ? /(?:^|,)upperdir=([^,]+)/.exec(options)?.[1] : undefined
    }
  }
  return upper === undefined
    ? undefined
    : { upper: unescaped(upper), mounts: mounts.filter((point) => point !== '') }
}

/** The kernel writes blanks, tabs, newlines and backslashes as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile()
  } catch {
    return false
  }
}

function readMounts(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
  } catch {
    return undefined
  }
}
