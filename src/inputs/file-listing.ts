import type { BigIntStats } from 'node:fs'
import { lstat, opendir, readdir, realpath, stat, statfs } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'

/** A file that is there to be read. */
export interface FoundFile {
  readonly path: string
  /** The same without links. */
  readonly real: string
  /** `device:inode`: the same through renames, and what keeps a file from being read twice through links. */
  readonly identity: string
  /** Bytes, as stored. */
  readonly size: number
  /** Times as nanosecond text: only compared, never calculated with. */
  readonly modified: string
  readonly changed: string
}

export interface Listing {
  readonly files: readonly FoundFile[]
  readonly unreadable: readonly { readonly stream: string; readonly reason: string }[]
  /** Named paths that do not exist. */
  readonly missing: readonly string[]
  /** A bound behind which nothing was listed, if one was reached; for people. */
  readonly bound: string | undefined
}

/** How far folders are walked; who writes into one may make any number of others in it. */
export interface ListingBounds {
  /** Entries of all folders together. */
  readonly entries: number
  /** Folders within each other, below a named one. */
  readonly depth: number
}

const BOUNDS: ListingBounds = { entries: 100_000, depth: 16 }

export const LEADS_OUT = 'link leads out of the folder'

/**
 * The files at `paths`, folders recursively, in a fixed order: as named, then by name. Hidden entries of folders are
 * skipped. A named path may be a link, for the user chose it; a link that is found in a folder is followed only to
 * what lies at or below a named path, for others may write there. A folder or file that is reached twice counts
 * once, so that a loop of links ends. What is neither file nor folder is refused by its kind, because a pipe would
 * block for ever, and so is what stands in a file system of the kernel's own.
 */
export async function listFiles(paths: readonly string[], bounds: ListingBounds = BOUNDS): Promise<Listing> {
  const files: FoundFile[] = []
  const unreadable: { stream: string; reason: string }[] = []
  const missing: string[] = []
  const visited = new Set<string>()
  const devices = new Map<bigint, boolean>()
  /** Named paths, each with the same path without links. */
  const named: (readonly [string, string])[] = []
  let entries = 0
  let bound: string | undefined

  /** What goes wrong costs this path only; what is gone meanwhile is none of ours. */
  const attempt = async (path: string, step: () => Promise<void>, gone = (): void => {}): Promise<void> => {
    try {
      await step()
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') gone()
      else unreadable.push({ stream: path, reason: reasonOf(codeOf(cause)) })
    }
  }
  const isOfKernel = async (real: string, { dev }: BigIntStats): Promise<boolean> => {
    const answer = devices.get(dev) ?? KERNEL_FILE_SYSTEMS.has((await statfs(real)).type)
    devices.set(dev, answer)
    return answer
  }
  const refusalOf = async (real: string, about: BigIntStats): Promise<string | undefined> => {
    if (!about.isFile() && !about.isDirectory()) return `not a file but a ${kindOf(about)}`
    return (await isOfKernel(real, about)) ? 'not a file but a view into the kernel' : undefined
  }
  const visit = async (path: string, real: string, about: BigIntStats, depth: number): Promise<void> => {
    const identity = identityOf(about)
    if (visited.has(identity)) return
    visited.add(identity)
    const reason = await refusalOf(real, about)
    if (reason !== undefined) unreadable.push({ stream: path, reason })
    else if (about.isFile()) files.push(foundFile(path, real, about))
    else if (depth > bounds.depth) bound ??= `folders lie more than ${bounds.depth} deep`
    else await visitFolder(path, real, depth)
  }
  const visitFolder = async (folder: string, real: string, depth: number): Promise<void> => {
    for (const name of await namesIn(real)) {
      const path = join(folder, name)
      await attempt(path, async () => visitEntry(path, join(real, name), depth + 1))
    }
  }
  const visitEntry = async (path: string, entry: string, depth: number): Promise<void> => {
    const about = await lstat(entry, { bigint: true })
    if (!about.isSymbolicLink()) return visit(path, entry, about, depth)
    const real = await realpath(entry)
    if (named.some(([, root]) => isWithin(real, root)))
      await visit(path, real, await lstat(real, { bigint: true }), depth)
    else unreadable.push({ stream: path, reason: LEADS_OUT })
  }
  const namesIn = async (folder: string): Promise<readonly string[]> => {
    const names: string[] = []
    for await (const { name } of await opendir(folder)) {
      if (entries === bounds.entries) {
        bound ??= `there are more than ${bounds.entries} entries`
        break
      }
      entries += 1
      if (!name.startsWith('.')) names.push(name)
    }
    return names.sort()
  }

  for (const path of paths) {
    const resolve = async (): Promise<void> => {
      // a pipe of the shell (`/dev/fd/63`) has a kind, and no path without links
      const about = await stat(path, { bigint: true })
      if (about.isFile() || about.isDirectory()) named.push([path, await realpath(path)])
      else unreadable.push({ stream: path, reason: `not a file but a ${kindOf(about)}` })
    }
    await attempt(path, resolve, () => void missing.push(path))
  }
  for (const [path, real] of named) {
    await attempt(path, async () => visit(path, real, await lstat(real, { bigint: true }), 0))
  }
  return { files, unreadable, missing, bound }
}

/** Files beside `path` whose names begin with its name: where log rotation puts what it held before. No links. */
export async function listSiblings(path: string): Promise<readonly FoundFile[]> {
  const folder = join(path, '..')
  const name = basename(path)
  const real = await realpath(folder).catch(() => folder)
  const names = await readdir(real).catch(() => [])
  const siblings: FoundFile[] = []
  for (const other of names.filter((each) => each.startsWith(name) && each !== name).sort()) {
    const about = await lstat(join(real, other), { bigint: true }).catch(() => undefined)
    if (about?.isFile() === true) siblings.push(foundFile(join(folder, other), join(real, other), about))
  }
  return siblings
}

function foundFile(path: string, real: string, about: BigIntStats): FoundFile {
  return {
    path,
    real,
    identity: identityOf(about),
    size: Number(about.size),
    modified: String(about.mtimeNs),
    changed: String(about.ctimeNs),
  }
}

export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

/** Why a path cannot be read, for people. */
export function reasonOf(code: string): string {
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  return `cannot be read (${code})`
}

export function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? String(cause)
}

function isWithin(real: string, root: string): boolean {
  return real === root || real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)
}

function kindOf(about: BigIntStats): string {
  if (about.isFIFO()) return 'named pipe'
  if (about.isSocket()) return 'socket'
  return about.isCharacterDevice() || about.isBlockDevice() ? 'device' : 'special file'
}

/** statfs(2): their files are made when they are read, and some have no end, or a reader changes something. */
const KERNEL_FILE_SYSTEMS = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x1cd1, // devpts
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0xcafe4a11, // bpf
])
