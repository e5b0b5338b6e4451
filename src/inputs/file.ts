import { UserError } from '../domain/errors.ts'
import { listFiles } from './file-listing.ts'
import { followFiles } from './follow.ts'
import type { Input, InputBatch, Reach, Resume } from './input.ts'
import { readFiles } from './read-files.ts'

export interface FileInputOptions {
  readonly name: string
  /** Files, and folders with all that is below them. */
  readonly paths: readonly string[]
  /** Go on with what is appended, through rotation, until the signal aborts; else read once and end. */
  readonly follow: boolean
  /** Following: paths that are not there yet are no mistake, and read once they are. */
  readonly awaited?: boolean
  /** Read once: files whose beginning (16 KiB, unpacked) satisfies it are read before the others. */
  readonly first?: (beginning: string) => boolean
  /** Size of a chunk; 256 KiB unless told. */
  readonly chunkBytes?: number
  /** Read once: a batch is handed on when it holds so many bytes; 1 MiB unless told. */
  readonly batchBytes?: number
}

const CHUNK_BYTES = 256 * 1024
const BATCH_BYTES = 1024 * 1024

/**
 * Files and folders. Packed files (gzip, zstd, told by their first bytes) are read as what they hold, and
 * offsets count those bytes.
 *
 * A stream is named `file:<hash of the first line>`, so that it keeps its name through renaming, rotation and
 * compression. Where several files that are there at the same time begin with the same line, the first keeps
 * that name and the others add `~<device>:<inode>`, and `~2` and so on where even that was given before: a
 * name is never given twice. Following, a file that is byte for byte the beginning of another is its copy and
 * not read; reading once, every file counts.
 *
 * Throws a UserError for a path that does not exist, unless it is awaited.
 */
export function fileInput({
  name,
  paths,
  follow,
  awaited = false,
  first,
  chunkBytes = CHUNK_BYTES,
  batchBytes = BATCH_BYTES,
}: FileInputOptions): Input {
  let until: number | undefined
  return {
    name,
    ...(follow && {
      reach: (): Reach => (until === undefined ? { kind: 'behind' } : { kind: 'caught-up', until }),
    }),
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const { missing } = await listFiles(paths)
      // a file that was there before may be between two rotations just now
      const gone = follow && (awaited || resume.checkpoint !== undefined) ? [] : missing
      if (gone[0] !== undefined) {
        throw new UserError(`no file or folder at ${gone[0]}`, {
          file: gone[0],
          mend: 'name an existing file or folder',
        })
      }
      yield* follow
        ? followFiles({ about: name, paths, chunkBytes }, resume, signal, (at) => {
            until = at
          })
        : readFiles({ about: name, paths, chunkBytes, batchBytes, first }, resume, signal)
    },
  }
}
