import { constants } from 'node:fs'
import { open, readlink, type FileHandle } from 'node:fs/promises'

/** A handle that only names (open(2)); Node has no name for it. */
const O_PATH = 0o10000000
const NAMED = O_PATH | constants.O_NOFOLLOW
const MAX_LINKS = 16

/** It is no regular file: nothing of it is read. */
export class NotRegular extends Error {}

/**
 * Opens a regular file by its path as the process sees it. Every step is taken from the folder before it, links are
 * followed by hand from the process's root, and `..` leads no higher than that: no link leads out. What is no regular
 * file is never opened to read. Throws as open(2) does.
 */
export async function openWithin(pid: number, path: string): Promise<FileHandle> {
  const above: FileHandle[] = [await open(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY)]
  let parts = stepsOf(path)
  let links = 0
  try {
    for (let name = parts.shift(); name !== undefined; name = parts.shift()) {
      if (name === '..') {
        if (above.length > 1) await above.pop()?.close()
        continue
      }
      const at = `/proc/self/fd/${above.at(-1)?.fd}/${name}`
      const next = await open(at, NAMED)
      const about = await next.stat()
      if (about.isSymbolicLink()) {
        await next.close()
        links += 1
        if (links > MAX_LINKS) throw new NotRegular('too many links')
        const target = await readlink(at)
        if (target.startsWith('/')) for (const folder of above.splice(1)) await folder.close()
        parts = [...stepsOf(target), ...parts]
      } else if (parts.length > 0 || about.isDirectory()) above.push(next)
      else {
        above.push(next)
        if (!about.isFile()) throw new NotRegular('no regular file')
        return await open(`/proc/self/fd/${next.fd}`, constants.O_RDONLY | constants.O_NONBLOCK)
      }
    }
    throw new NotRegular('a folder')
  } finally {
    for (const handle of above) await handle.close()
  }
}

function stepsOf(path: string): string[] {
  return path.split('/').filter((step) => step !== '' && step !== '.')
}
