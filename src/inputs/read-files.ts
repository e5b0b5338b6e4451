import type { Chunk, Finding } from '../domain/event.ts'
import { chunksFrom, headOf, openContent, type Content } from './content.ts'
import { codeOf, listFiles, reasonOf, type FoundFile } from './file-listing.ts'
import type { InputBatch, Resume } from './input.ts'
import { boundFinding, restartedFinding } from './lost-sight.ts'
import { freshName, latestName } from './stream-name.ts'
import { UnpackError } from './unpack.ts'

export interface ReadOptions {
  /** The input's name. */
  readonly about: string
  readonly paths: readonly string[]
  readonly chunkBytes: number
}

type Item =
  | { readonly chunk: Chunk }
  | { readonly unreadable: { stream: string; reason: string } }
  | { readonly finding: Finding }

/** Every file once, from where it was left to its present end; the last chunk of each has `end`. */
export async function* readFiles(
  {
    about,
    paths,
    chunkBytes,
    batchBytes,
    first,
  }: ReadOptions & {
    readonly batchBytes: number
    readonly first: ((beginning: string) => boolean) | undefined
  },
  resume: Resume,
  signal: AbortSignal,
): AsyncGenerator<InputBatch> {
  const { files, unreadable, bound } = await listFiles(paths)
  const taken = new Set<string>()
  let batch = emptyBatch()
  batch.unreadable.push(...unreadable)
  if (bound !== undefined) batch.findings.push(boundFinding(about, bound, Date.now()))
  for (const file of first === undefined ? files : await putFirst(files, first)) {
    for await (const item of readFile(file, { about, chunkBytes, taken, resume })) {
      if ('chunk' in item) batch.chunks.push(item.chunk)
      else if ('finding' in item) batch.findings.push(item.finding)
      else batch.unreadable.push(item.unreadable)
      if (signal.aborted) return
      if (bytesIn(batch) >= batchBytes) {
        yield batch
        batch = emptyBatch()
      }
    }
  }
  if (!isEmpty(batch) && !signal.aborted) yield batch
}

const BEGINNING = 16 * 1024

/** The files in their order, those first whose beginning is asked for; one that cannot be opened says so in its turn. */
async function putFirst(
  files: readonly FoundFile[],
  first: (beginning: string) => boolean,
): Promise<readonly FoundFile[]> {
  const asked = new Set<FoundFile>()
  for (const file of files) {
    if (first((await beginningOf(file)).toString('latin1'))) asked.add(file)
  }
  return [...asked, ...files.filter((file) => !asked.has(file))]
}

async function beginningOf(file: FoundFile): Promise<Buffer> {
  const content = await openContent(file).catch(() => undefined)
  if (content === undefined) return Buffer.alloc(0)
  try {
    for await (const { bytes } of chunksFrom(content, 0, BEGINNING)) return Buffer.from(bytes)
  } catch {
    // What is wrong with it is told when it is read.
  } finally {
    await content.handle.close()
  }
  return Buffer.alloc(0)
}

async function* readFile(
  file: FoundFile,
  using: {
    readonly about: string
    readonly chunkBytes: number
    readonly taken: Set<string>
    readonly resume: Resume
  },
): AsyncGenerator<Item> {
  let content: Content | undefined
  try {
    content = await openContent(file)
    const head = await headOf(content, true)
    if (head === undefined) return
    const { stream, offset, shrunk } = placeOf(head, file, content, using)
    using.taken.add(stream)
    if (shrunk !== undefined) yield { finding: restartedFinding(using.about, file.path, shrunk, Date.now()) }
    // one chunk is held back, for only the last has an end
    let last: Chunk | undefined
    let trouble: unknown
    try {
      for await (const chunk of chunksFrom(content, offset, using.chunkBytes)) {
        if (last !== undefined) yield { chunk: last }
        last = { stream, path: file.path, ...chunk }
      }
    } catch (cause) {
      trouble = cause
    }
    if (last !== undefined) yield { chunk: { ...last, end: true } }
    if (trouble !== undefined) throw trouble
  } catch (cause) {
    yield {
      unreadable: {
        stream: file.path,
        reason: cause instanceof UnpackError ? cause.message : reasonOf(codeOf(cause)),
      },
    }
  } finally {
    await content?.handle.close()
  }
}

/** The stream that a file is, and where to go on. A file shorter than what was read of it was begun anew. */
function placeOf(
  head: string,
  file: FoundFile,
  { packing }: Content,
  { resume, taken }: { readonly resume: Resume; readonly taken: ReadonlySet<string> },
): { readonly stream: string; readonly offset: number; readonly shrunk?: string } {
  const isGiven = (name: string): boolean => taken.has(name) || resume.offset(name) !== undefined
  const known = latestName(
    head,
    file.identity,
    (name) => !taken.has(name) && resume.offset(name) !== undefined,
  )
  if (known === undefined) return { stream: freshName(head, file.identity, isGiven), offset: 0 }
  const offset = resume.offset(known) ?? 0
  if (packing !== 'none' || offset <= file.size) return { stream: known, offset }
  return { stream: freshName(head, file.identity, isGiven), offset: 0, shrunk: known }
}

function emptyBatch(): {
  chunks: Chunk[]
  findings: Finding[]
  unreadable: { stream: string; reason: string }[]
} {
  return { chunks: [], findings: [], unreadable: [] }
}

function isEmpty({ chunks, findings, unreadable }: InputBatch): boolean {
  return chunks.length + findings.length + unreadable.length === 0
}

function bytesIn({ chunks }: InputBatch): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
