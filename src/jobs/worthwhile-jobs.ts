import { availableParallelism } from 'node:os'
import { openContent, readAt } from '../inputs/content.ts'
import { listFiles, type FoundFile } from '../inputs/file-listing.ts'

/** More threads than anybody has a use for. */
export const MAX_JOBS = 256
/** Beyond it the one thread that decides and commits is what limits. */
const MOST = 8
/** Less is read before other threads are ready; bytes, as stored. */
const SMALL = 16 * 1024 * 1024
/** Where there is no line end in so many bytes, there are no lines to share. */
const LINE = 1024 * 1024

/** How many threads to read these paths with, where nobody says: one for small files and for what is piped in. */
export async function worthwhileJobs(paths: readonly string[]): Promise<number> {
  const { files } = await listFiles(paths.filter((path) => path !== '-'))
  let size = 0
  for (const file of files) {
    if (file.size < LINE || (await beginsWithLines(file))) size += file.size
    if (size >= SMALL) return Math.min(MOST, availableParallelism())
  }
  return 1
}

/** What is packed is taken to have lines; what cannot be read has none to read. */
async function beginsWithLines(file: FoundFile): Promise<boolean> {
  const content = await openContent(file).catch(() => undefined)
  if (content === undefined) return false
  try {
    const { handle, packing } = content
    return packing !== 'none' || (await readAt(handle, 0, LINE)).includes(0x0a)
  } catch {
    return false
  } finally {
    await content.handle.close()
  }
}
