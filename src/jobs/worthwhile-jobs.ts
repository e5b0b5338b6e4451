import { availableParallelism } from 'node:os'
import { listFiles } from '../inputs/file-listing.ts'

/** More threads than anybody has a use for. */
export const MAX_JOBS = 256
/** Beyond it the one thread that decides and commits is what limits. */
const MOST = 8
/** Less is read before other threads are ready; bytes, as stored. */
const SMALL = 16 * 1024 * 1024

/** How many threads to read these paths with, where nobody says: one for small files and for what is piped in. */
export async function worthwhileJobs(paths: readonly string[]): Promise<number> {
  const { files } = await listFiles(paths.filter((path) => path !== '-'))
  const size = files.reduce((sum, file) => sum + file.size, 0)
  return size < SMALL ? 1 : Math.min(MOST, availableParallelism())
}
