import { constants } from 'node:fs'
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants

/**
 * Opens the regular file at `real`, a path without links, for reading; one that is renamed in its folder just now
 * (rotation) is read as well. What was put in its place since it was listed
 * (a link, a folder of the path that is a link now, a pipe) is not read: it throws ENOENT, as for a file that is
 * gone, and what stands there is told when it is listed again.
 */
export async function openRegular(real: string): Promise<FileHandle> {
  const handle = await open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY).catch((cause: unknown) => {
    throw isLink(cause) ? replaced(real) : cause
  })
  try {
    const isThere = dirname(await placeOf(handle, real)) === dirname(real)
    if (isThere && (await handle.stat()).isFile()) return handle
    throw replaced(real)
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

/** Where an open file stands. Linux tells it of the file itself; elsewhere its path is asked again. */
async function placeOf({ fd }: FileHandle, path: string): Promise<string> {
  return process.platform === 'linux' ? await readlink(`/proc/self/fd/${fd}`) : await realpath(path)
}

function isLink(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === 'ELOOP'
}

function replaced(path: string): Error {
  return Object.assign(new Error(`something else stands at ${path} now`), { code: 'ENOENT' })
}
