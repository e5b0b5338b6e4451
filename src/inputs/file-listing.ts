import type { BigIntStats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** A file that is there to be read. */
export interface FoundFile {
  readonly path: string
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
}

/**
 * The files at `paths`, folders recursively, in a fixed order: as named, then by name. Hidden entries of
 * folders are skipped. Links are followed; a folder or file that is reached twice counts once, so that a loop
 * of links ends. What is neither file nor folder is refused by its kind, for a pipe would block for ever.
 */
export async function listFiles(paths: readonly string[]): Promise<Listing> {
  const files: FoundFile[] = []
  const unreadable: { stream: string; reason: string }[] = []
  const missing: string[] = []
  const visited = new Set<string>()

  const visit = async (path: string, named: boolean): Promise<void> => {
    const about = await statOf(path)
    if (typeof about === 'string') {
      if (about === 'ENOENT' && named) missing.push(path)
      else if (about !== 'ENOENT') unreadable.push({ stream: path, reason: reasonOf(about) })
      return
    }
    const identity = `${about.dev}:${about.ino}`
    if (visited.has(identity)) return
    visited.add(identity)
    if (about.isFile()) files.push(foundFile(path, about))
    else if (about.isDirectory()) await visitFolder(path)
    else unreadable.push({ stream: path, reason: `not a file but a ${kindOf(about)}` })
  }
  const visitFolder = async (path: string): Promise<void> => {
    try {
      const names = (await readdir(path)).filter((name) => !name.startsWith('.'))
      for (const name of names.sort()) await visit(join(path, name), false)
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') unreadable.push({ stream: path, reason: reasonOf(codeOf(cause)) })
    }
  }
  for (const path of paths) await visit(path, true)
  return { files, unreadable, missing }
}

/** Files beside `path` whose names begin with its name: where log rotation puts what it held before. */
export async function listSiblings(path: string): Promise<readonly FoundFile[]> {
  const folder = join(path, '..')
  const name = basename(path)
  const names = await readdir(folder).catch(() => [])
  const siblings = names.filter((other) => other.startsWith(name) && other !== name).sort()
  return (await listFiles(siblings.map((sibling) => join(folder, sibling)))).files.filter((file) =>
    siblings.includes(basename(file.path)),
  )
}

export function foundFile(path: string, about: BigIntStats): FoundFile {
  return {
    path,
    identity: `${about.dev}:${about.ino}`,
    size: Number(about.size),
    modified: String(about.mtimeNs),
    changed: String(about.ctimeNs),
  }
}

/** Why a path cannot be read, for people. */
export function reasonOf(code: string): string {
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  return `cannot be read (${code})`
}

export function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? String(cause)
}

async function statOf(path: string): Promise<BigIntStats | string> {
  try {
    return await stat(path, { bigint: true })
  } catch (cause) {
    return codeOf(cause)
  }
}

function kindOf(about: BigIntStats): string {
  if (about.isFIFO()) return 'named pipe'
  if (about.isSocket()) return 'socket'
  return about.isCharacterDevice() || about.isBlockDevice() ? 'device' : 'special file'
}
