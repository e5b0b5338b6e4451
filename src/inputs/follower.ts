import type { Chunk, Finding } from '../domain/event.ts'
import {
  agrees,
  chunksFrom,
  HEAD_LIMIT,
  headOf,
  headOfBytes,
  openContent,
  readAt,
  tailAt,
  type Content,
} from './content.ts'
import { codeOf, listFiles, listSiblings, reasonOf, type FoundFile, type Listing } from './file-listing.ts'
import {
  advance,
  beginsWithTail,
  bind,
  endOf,
  idleOf,
  isSame,
  isWhole,
  letGo,
  newStream,
  reopen,
  restoreStreams,
  storeFollower,
  type FollowedStream,
  type StoredFollower,
} from './followed-stream.ts'
import type { InputBatch, Resume } from './input.ts'
import { boundFinding, goneFinding, hourOf, truncatedFinding } from './lost-sight.ts'
import { ownerOf } from './stream-owner.ts'
import type { ReadOptions } from './read-files.ts'
import { freshName } from './stream-name.ts'
import { UnpackError } from './unpack.ts'

/** A file that is out of sight (renamed away, deleted) is read on until nothing came for so long. */
const QUIET = 30_000
/** What did not grow for so long is said to stand still: what nobody could read of it so far is counted then. */
const IDLE = 5_000
/** A stream that lost its file waits so long for the copy that continues it. */
const GRACE = 3_000
/** A packed file is read when nothing was written for so long; a truncated one is given up after the second. */
const PACKED_STABLE = 1_000
const PACKED_GIVEN_UP = 10_000
const RECENTLY = 3_600_000
const OPEN_FILES = 256
/** Trouble of the moment, not of the file: too many are open, or its disk did not answer. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'EIO', 'ESTALE', 'EAGAIN'])
const BATCH_BYTES = 1024 * 1024

export interface Follower {
  /** What changed since the last look, in batches. */
  look(): AsyncGenerator<InputBatch>
  close(): Promise<void>
}

export const UNFINISHED_LINE = 'a first line that does not end'

type Unreadable = InputBatch['unreadable'][number]
/** `wait` for a change of the file; `again` at the next look. */
type Verdict = 'wait' | 'again' | 'settled' | { readonly copyOf: FollowedStream }

/**
 * Follows files by content, not by name. A bound stream reads on in its file as long as the bytes before the
 * offset are the ones that were read; else the file was cut short or rewritten, the stream is without a file,
 * and whatever file holds the same bytes before the same offset continues it (`x.1` after copy-truncate,
 * `x.1.gz` after compression). A file that begins like a stream whose own file still stands is that one's
 * copy as long as it is its beginning, byte for byte, and another stream when it is not.
 */
export function createFollower({ about, paths, chunkBytes }: ReadOptions, resume: Resume): Follower {
  const stored = resume.checkpoint as StoredFollower | undefined
  const streams = new Map(restoreStreams(stored, resume, Date.now()).map((stream) => [stream.name, stream]))
  const restored = new Set(streams.keys())
  const finished = new Set(stored?.finished ?? [])
  const verdicts = new Map<string, { readonly looked: string; readonly verdict: Verdict }>()
  const told = new Set<string>()
  let boundTold = ''
  let findings: Finding[] = []
  let unreadable: Unreadable[] = []

  const batch = (chunks: readonly Chunk[]): InputBatch => {
    const made = { chunks, findings, unreadable, checkpoint: storeFollower(streams.values(), finished) }
    findings = []
    unreadable = []
    return made
  }
  const tell = (stream: string, reason: string): void => {
    if (told.has(`${stream}\0${reason}`)) return
    told.add(`${stream}\0${reason}`)
    unreadable.push({ stream, reason })
  }
  const tellBound = (bound: string): void => {
    const now = Date.now()
    if (boundTold === hourOf(now)) return
    boundTold = hourOf(now)
    findings.push(boundFinding(about, bound, now))
  }
  /** What is gone and comes again is told again, so that no more is remembered than is there. */
  const forgetGone = ({ files, unreadable: refused }: Listing): void => {
    if (told.size === 0) return
    const here = new Set([...files.map(({ path }) => path), ...refused.map(({ stream }) => stream)])
    for (const key of told) if (!here.has(key.slice(0, key.indexOf('\0')))) told.delete(key)
  }
  const boundTo = (identity: string): FollowedStream | undefined =>
    [...streams.values()].find((stream) => stream.state === 'bound' && stream.identity === identity)

  /** Whether bound streams still have their files, and which of them grew. */
  const checkBound = async (present: ReadonlyMap<string, FoundFile>): Promise<Set<FollowedStream>> => {
    const grown = new Set<FollowedStream>()
    for (const stream of streams.values()) {
      if (stream.state !== 'bound') continue
      const file = present.get(stream.identity)
      if (file === undefined) {
        await checkHidden(stream, grown)
        continue
      }
      stream.path = file.path
      stream.real = file.real
      if (stream.looked === lookedOf(file)) {
        stream.checkedAt = Date.now()
        continue
      }
      await reopen(stream)
      if (stream.handle === undefined) continue
      if (await isWhole(stream)) {
        stream.looked = lookedOf(file)
        grown.add(stream)
      } else await letGo(stream, 'truncation')
    }
    return grown
  }

  const create = (head: string, file: FoundFile): FollowedStream => {
    const name = freshName(
      head,
      file.identity,
      (name) => streams.has(name) || resume.offset(name) !== undefined,
    )
    const stream = newStream(name, head, file, Date.now())
    streams.set(name, stream)
    return stream
  }

  /** Finds out whose a file is that no stream is bound to. A packed one is read to its end at once. */
  async function* settle(file: FoundFile): AsyncGenerator<InputBatch> {
    const known = verdicts.get(file.identity)
    const looked = lookedOf(file)
    if (known?.looked === looked && !isOpen(known.verdict)) return
    let content: Content | undefined
    let verdict: Verdict = 'settled'
    try {
      content = await openContent(file)
      // between the listing and now another file may have come to stand there
      if (!(await isSame(content.handle, file))) verdict = 'again'
      else if (content.packing === 'none') verdict = await settlePlain(content, file)
      else if (!finished.has(finishedKey(file))) {
        verdict = isQuiet(file, PACKED_STABLE) ? yield* settlePacked(content, file) : 'again'
      }
    } catch (cause) {
      const unfinished =
        cause instanceof UnpackError && cause.kind === 'truncated' && !isQuiet(file, PACKED_GIVEN_UP)
      if (unfinished || PASSING.has(codeOf(cause))) verdict = 'again'
      else {
        if (codeOf(cause) !== 'ENOENT')
          tell(file.path, cause instanceof UnpackError ? cause.message : reasonOf(codeOf(cause)))
        if (cause instanceof UnpackError) finished.add(finishedKey(file))
      }
    } finally {
      if (content !== undefined && boundTo(file.identity)?.handle !== content.handle)
        await content.handle.close()
    }
    verdicts.set(file.identity, { looked, verdict })
  }

  /** Without a whole line a file has no name yet. */
  const waitForLine = (file: FoundFile): Verdict => {
    if (file.size === 0) return 'wait'
    if (!isQuiet(file, IDLE)) return 'again'
    tell(file.path, UNFINISHED_LINE)
    return 'wait'
  }
  const settlePlain = async (content: Content, file: FoundFile): Promise<Verdict> => {
    const head = await headOf(content, false)
    if (head === undefined) return waitForLine(file)
    const owner = await ownerOf(streams.values(), content, head, file)
    if (owner.kind === 'unsure') return 'again'
    if (owner.kind === 'original') return { copyOf: owner.stream }
    const stream = owner.kind === 'continued' ? owner.stream : create(head, file)
    return (await bind(stream, content, file, file.path)) ? 'settled' : 'again'
  }
  async function* settlePacked(content: Content, file: FoundFile): AsyncGenerator<InputBatch, Verdict> {
    const head = await headOf(content, true)
    if (head === undefined) return 'settled'
    const owner = await ownerOf(streams.values(), content, head, file)
    if (owner.kind === 'unsure') return 'again'
    if (owner.kind === 'original') return { copyOf: owner.stream }
    const stream = owner.kind === 'continued' ? owner.stream : create(head, file)
    yield* deliverPacked(stream, content, file)
    return 'settled'
  }
  async function* deliverPacked(
    stream: FollowedStream,
    content: Content,
    file: FoundFile,
  ): AsyncGenerator<InputBatch> {
    stream.tail ??= await tailAt(content, stream.resumeAt)
    stream.identity = file.identity
    stream.path = file.path
    stream.real = file.real
    let trouble: unknown
    try {
      for await (const { offset, bytes } of chunksFrom(content, stream.tail.offset, chunkBytes)) {
        advance(stream, bytes)
        yield batch([{ stream: stream.name, path: file.path, offset, bytes }])
      }
    } catch (cause) {
      trouble = cause
    }
    if (trouble instanceof UnpackError && trouble.kind === 'truncated' && !isQuiet(file, PACKED_GIVEN_UP)) {
      // it is still being written and goes on at a later look
      stream.orphanedAt = Number.POSITIVE_INFINITY
      throw trouble
    }
    finished.add(finishedKey(file))
    if (trouble instanceof UnpackError) tell(file.path, trouble.message)
    const wasEnded = stream.state === 'ended'
    stream.state = 'ended'
    if (!wasEnded) yield batch([endOf(stream)])
    if (trouble !== undefined && !(trouble instanceof UnpackError)) throw trouble
  }

  /** The next bytes of a bound stream, together with those before them: so they are known to follow. */
  const readOn = async (stream: FollowedStream): Promise<Chunk | undefined> => {
    const { handle, tail } = stream
    if (handle === undefined || tail === undefined) return undefined
    const length = Math.max(chunkBytes, HEAD_LIMIT)
    const bytes = await readAt(handle, tail.offset - tail.bytes.length, tail.bytes.length + length)
    if (!beginsWithTail(bytes, tail)) {
      await letGo(stream, 'truncation')
      return undefined
    }
    const fresh = bytes.subarray(tail.bytes.length)
    if (fresh.length === 0) return undefined
    if (tail.offset === 0 && headOfBytes(fresh, false) !== stream.head) {
      // rewritten since its head was read: nothing was handed on under this name
      await letGo(stream, 'truncation')
      if (stream.mark.offset === 0) streams.delete(stream.name)
      return undefined
    }
    advance(stream, fresh)
    return { stream: stream.name, path: stream.path, offset: tail.offset, bytes: fresh }
  }
  /** Older streams first: what was rotated away before what came after it. */
  async function* readGrown(grown: ReadonlySet<FollowedStream>): AsyncGenerator<InputBatch> {
    let chunks: Chunk[] = []
    let length = 0
    for (const stream of streams.values()) {
      if (!grown.has(stream) || stream.state !== 'bound') continue
      for (;;) {
        const chunk = await readOn(stream)
        if (chunk === undefined) break
        chunks.push(chunk)
        length += chunk.bytes.length
        if (length < BATCH_BYTES) continue
        yield batch(chunks)
        chunks = []
        length = 0
      }
    }
    if (chunks.length > 0) yield batch(chunks)
  }

  /** A file named on its own is rotated to a name that is not watched: what continues it stands beside it. */
  async function* settleSiblings(present: ReadonlyMap<string, FoundFile>): AsyncGenerator<InputBatch> {
    for (const stream of streams.values()) {
      if (stream.state !== 'orphaned' || !paths.includes(stream.path)) continue
      for (const file of await listSiblings(stream.path)) {
        if (present.has(file.identity) || boundTo(file.identity) !== undefined) continue
        const content = await openContent(file).catch(() => undefined)
        if (content === undefined) continue
        try {
          if (!(await isSame(content.handle, file))) continue
          if ((await headOf(content, true)) !== stream.head || !(await agrees(content, stream.mark))) continue
          if (content.packing === 'none') await bind(stream, content, file, stream.path)
          else yield* deliverPacked(stream, content, file)
          break
        } catch (cause) {
          if (!(cause instanceof UnpackError)) throw cause
        } finally {
          if (stream.handle !== content.handle) await content.handle.close()
        }
      }
    }
  }

  /** Ends streams that nothing continued, and says what may have been lost. */
  const endOrphans = (): Chunk[] => {
    const ends: Chunk[] = []
    for (const stream of streams.values()) {
      const patience = stream.orphanedBy === 'removal' ? 0 : GRACE
      if (stream.state !== 'orphaned' || Date.now() - stream.orphanedAt < patience) continue
      stream.state = 'ended'
      const { name, path, checkedAt, orphanedAt } = stream
      if (stream.orphanedBy === 'truncation')
        findings.push(truncatedFinding(about, name, path, checkedAt, orphanedAt))
      if (stream.orphanedBy === 'restart' && mayHaveGrown(stream)) {
        findings.push(goneFinding(about, name, path, checkedAt, orphanedAt))
      }
      ends.push(endOf(stream))
    }
    return ends
  }
  const tellIdle = (): Chunk[] => {
    const idle = [...streams.values()].filter(
      (stream) => stream.state === 'bound' && !stream.idle && Date.now() - stream.grewAt >= IDLE,
    )
    for (const stream of idle) stream.idle = true
    return idle.map(idleOf)
  }
  /** Old logs are deleted every day and say nothing; the one that was being written does. */
  const mayHaveGrown = (stream: FollowedStream): boolean => {
    const holder = [...streams.values()].find(
      (other) => other.state === 'bound' && other.path === stream.path,
    )
    if (holder !== undefined) return !restored.has(holder.name)
    return stream.checkedAt - stream.grewAt < RECENTLY
  }
  /** Streams that found their file and were not read since. */
  const unread = (): ReadonlySet<FollowedStream> =>
    new Set([...streams.values()].filter((stream) => stream.state === 'bound' && stream.looked === ''))
  const closeIdle = async (
    present: ReadonlyMap<string, FoundFile>,
    grown: ReadonlySet<FollowedStream>,
  ): Promise<void> => {
    const idle = [...streams.values()].filter((stream) => stream.handle !== undefined)
    if (idle.length <= OPEN_FILES) return
    for (const stream of idle) {
      if (grown.has(stream) || !present.has(stream.identity)) continue
      await stream.handle?.close()
      stream.handle = undefined
    }
  }

  return {
    async *look() {
      const listing = await listFiles(paths)
      const present = new Map(listing.files.map((file) => [file.identity, file]))
      forgetGone(listing)
      for (const { stream, reason } of listing.unreadable) tell(stream, reason)
      if (listing.bound !== undefined) tellBound(listing.bound)
      const grown = await checkBound(present)
      let settled = 0
      for (const file of listing.files) {
        if (boundTo(file.identity) !== undefined) continue
        yield* settle(file)
        settled += 1
        if (settled % OPEN_FILES !== 0) continue
        const fresh = unread()
        yield* readGrown(fresh)
        for (const stream of fresh) {
          const listed = present.get(stream.identity)
          if (listed !== undefined) stream.looked = lookedOf(listed)
        }
        await closeIdle(present, grown)
      }
      yield* settleSiblings(present)
      for (const stream of unread()) grown.add(stream)
      yield* readGrown(grown)
      const told = [...tellIdle(), ...endOrphans()]
      if (told.length + findings.length + unreadable.length > 0) yield batch(told)
      await closeIdle(present, grown)
      for (const identity of verdicts.keys()) if (!present.has(identity)) verdicts.delete(identity)
      for (const key of finished) if (!present.has(key.slice(0, key.indexOf('/')))) finished.delete(key)
    },
    async close() {
      for (const { handle } of streams.values()) await handle?.close()
    },
  }
}

/** A file out of sight is still read through its handle: its writer may not know yet that it was renamed. */
async function checkHidden(stream: FollowedStream, grown: Set<FollowedStream>): Promise<void> {
  if (stream.handle === undefined) return letGo(stream, 'restart')
  if (!(await isWhole(stream))) return letGo(stream, 'truncation')
  const { size } = await stream.handle.stat()
  if (size > (stream.tail?.offset ?? 0)) grown.add(stream)
  else if (Date.now() - stream.grewAt > QUIET) await letGo(stream, 'removal')
}

function isOpen(verdict: Verdict): boolean {
  return verdict === 'again' || (typeof verdict === 'object' && verdict.copyOf.state !== 'bound')
}

function lookedOf({ size, modified, changed }: FoundFile): string {
  return `${size}/${modified}/${changed}`
}

function finishedKey({ identity, size, modified }: FoundFile): string {
  return `${identity}/${size}/${modified}`
}

/** Whether nothing was written to the file for `span` ms. Its time may also be set to one that is to come. */
function isQuiet({ modified }: FoundFile, span: number): boolean {
  return Math.abs(Date.now() - Number(BigInt(modified) / 1_000_000n)) > span
}
