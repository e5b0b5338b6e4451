import { watch, type FSWatcher } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What stands below some folders: each file's path, and what changes with its content. */
export type Fingerprint = ReadonlyMap<string, string>

/** Files beyond so many are not looked at: a folder that was named by mistake must not hold the daemon up. */
const MAX_FILES = 20_000
const CONTENT = /\.(?:ya?ml|md)$/

/** Looks at the documents below folders, and at files that are named themselves. Never throws; what is not there is not in it. */
export async function fingerprint(paths: readonly string[]): Promise<Fingerprint> {
  const found = new Map<string, string>()
  for (const path of paths) {
    for (const file of await filesOf(path)) {
      if (found.size >= MAX_FILES) return found
      const about = await stat(file).catch(() => undefined)
      if (about !== undefined) found.set(file, `${about.ino} ${about.size} ${about.mtimeMs} ${about.ctimeMs}`)
    }
  }
  return found
}

async function filesOf(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => (cause.code === 'ENOTDIR' ? undefined : []),
  )
  if (entries === undefined) return [path]
  return entries
    .filter((entry) => !entry.isDirectory() && CONTENT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Files that are other than they were, in the order of their paths. */
export interface Differences {
  /** Added, or with other content. */
  readonly changed: readonly string[]
  readonly deleted: readonly string[]
}

export function differences(before: Fingerprint, after: Fingerprint): Differences {
  return {
    changed: [...after]
      .filter(([file, mark]) => before.get(file) !== mark)
      .map(([file]) => file)
      .sort(),
    deleted: [...before.keys()].filter((file) => !after.has(file)).sort(),
  }
}

/** Changes that come together are told once: when nothing changed for so long, and at the latest after so long. ms. */
const SETTLE = 300
const LATEST = 3_000
/** What the operating system does not tell (a folder that is new, a network's file system) is found so often, ms. */
const LOOK_EVERY = 10_000

/** Calls `look` soon after something may have changed below the paths, and every ten seconds; one call after the other. */
export function watchFolders(
  paths: readonly string[],
  look: () => Promise<unknown>,
  every = LOOK_EVERY,
): { readonly stop: () => void } {
  const watchers = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  let first: number | undefined
  let stopped = false

  const nudge = (): void => {
    if (stopped) return
    first ??= performance.now()
    const left = Math.max(0, first + LATEST - performance.now())
    wake(Math.min(SETTLE, left))
  }
  const wake = (after: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void turn(), after)
  }
  const turn = async (): Promise<void> => {
    first = undefined
    attend()
    await look().catch(() => {})
    // what was told meanwhile set the timer already
    if (!stopped && first === undefined) wake(every)
  }
  /** Watches what is there by now; what cannot be watched is looked at now and then. */
  const attend = (): void => {
    if (stopped) return
    for (const path of paths) {
      if (watchers.has(path)) continue
      try {
        const watcher = watch(path, { recursive: true, persistent: false }, nudge)
        const forget = (): void => {
          watcher.close()
          watchers.delete(path)
        }
        watcher.on('error', forget)
        watchers.set(path, watcher)
      } catch {
        // not there, or no watches left
      }
    }
  }
  attend()
  wake(every)
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}
