import type { FileHandle } from 'node:fs/promises'
import type { Chunk } from '../domain/event.ts'
import { agrees, extendTail, markOf, readAt, tailAt, type Content, type Mark, type Tail } from './content.ts'
import { identityOf, type FoundFile } from './file-listing.ts'
import type { Resume } from './input.ts'
import { openRegular } from './open-regular.ts'

/** One stream that is followed, whatever file holds it just now. */
export interface FollowedStream {
  readonly name: string
  readonly head: string
  /** How far it was read, and what shows that a file was read so far. */
  mark: Mark
  /** What stands before the offset at which reading goes on; undefined until a file is bound after a restart. */
  tail: Tail | undefined
  /** Where reading goes on after a restart: what is committed lies at or before the mark. */
  resumeAt: number
  /** The file that holds it, `device:inode`; the last one where `state` is not bound. */
  identity: string
  path: string
  /** The same without links: what is opened. */
  real: string
  handle: FileHandle | undefined
  state: 'bound' | 'orphaned' | 'ended'
  /** Wall clock, ms: last found whole, last grown, since when no file holds it. */
  checkedAt: number
  grewAt: number
  orphanedAt: number
  orphanedBy: 'truncation' | 'restart' | 'removal'
  /** Those who read it were told that nothing was appended for a while. */
  idle: boolean
  /** Size and modification when last looked at: what did not change is not read. */
  looked: string
}

/** What a checkpoint keeps of it. */
interface StoredStream {
  readonly name: string
  readonly head: string
  readonly identity: string
  readonly path: string
  readonly mark: Mark
  readonly checkedAt: number
  readonly grewAt: number
  readonly ended?: true
}

/** Also the packed files that were read to their end: path by `identity/size/modified`. */
export interface StoredFollower {
  readonly streams: readonly StoredStream[]
  readonly finished: readonly string[]
}

/** Streams without a file that a checkpoint keeps, newest first: their copies may still turn up. */
const ORPHANS_KEPT = 1_000

export function storeFollower(streams: Iterable<FollowedStream>, finished: Iterable<string>): StoredFollower {
  const all = [...streams]
  const bound = all.filter(({ state }) => state === 'bound')
  const orphans = all.filter(({ state }) => state !== 'bound').slice(-ORPHANS_KEPT)
  return { streams: [...orphans, ...bound].map(storeStream), finished: [...finished] }
}

function storeStream(stream: FollowedStream): StoredStream {
  const { name, head, identity, path, mark, checkedAt, grewAt, state } = stream
  return {
    name,
    head,
    identity,
    path,
    mark,
    checkedAt,
    grewAt,
    ...(state === 'ended' ? { ended: true } : {}),
  }
}

/** The streams of a checkpoint, no file bound yet. */
export function restoreStreams(
  stored: StoredFollower | undefined,
  resume: Resume,
  now: number,
): FollowedStream[] {
  return (stored?.streams ?? []).map(({ ended, ...stream }) => ({
    ...stream,
    real: stream.path,
    tail: undefined,
    resumeAt: Math.min(resume.offset(stream.name) ?? 0, stream.mark.offset),
    handle: undefined,
    state: ended === true ? 'ended' : 'orphaned',
    orphanedAt: now,
    orphanedBy: 'restart',
    idle: false,
    looked: '',
  }))
}

export function newStream(
  name: string,
  head: string,
  file: { readonly identity: string; readonly path: string; readonly real: string },
  now: number,
): FollowedStream {
  const tail = { offset: 0, bytes: Buffer.alloc(0) }
  return {
    name,
    head,
    mark: markOf(tail),
    tail,
    resumeAt: 0,
    identity: file.identity,
    path: file.path,
    real: file.real,
    handle: undefined,
    state: 'orphaned',
    checkedAt: now,
    grewAt: now,
    orphanedAt: now,
    orphanedBy: 'removal',
    idle: false,
    looked: '',
  }
}

/** Whether `bytes` begin with what was read last. */
export function beginsWithTail(bytes: Buffer, { bytes: tail }: Tail): boolean {
  return bytes.length >= tail.length && bytes.compare(tail, 0, tail.length, 0, tail.length) === 0
}

/** The file no longer holds what was read, or is gone. */
export async function letGo(stream: FollowedStream, by: FollowedStream['orphanedBy']): Promise<void> {
  await stream.handle?.close()
  stream.handle = undefined
  stream.state = 'orphaned'
  stream.orphanedBy = by
  stream.orphanedAt = Date.now()
  stream.looked = ''
}

/** Whether the file still holds what was read last before the offset. */
export async function isWhole(stream: FollowedStream): Promise<boolean> {
  const { handle, tail } = stream
  if (handle === undefined || tail === undefined) return false
  const before = await readAt(handle, tail.offset - tail.bytes.length, tail.bytes.length)
  return beginsWithTail(before, tail)
}

/** Opens the file again where it was closed for others; leaves it closed where the path leads elsewhere now. */
export async function reopen(stream: FollowedStream): Promise<void> {
  if (stream.handle !== undefined) return
  const handle = await openRegular(stream.real).catch(() => undefined)
  if (handle === undefined) return
  if (identityOf(await handle.stat({ bigint: true })) === stream.identity) stream.handle = handle
  else await handle.close()
}

/** Reading goes on in this file; false where it changed while it was looked at. */
export async function bind(
  stream: FollowedStream,
  content: Content,
  file: FoundFile,
  path: string,
): Promise<boolean> {
  const tail = stream.tail ?? (await tailAt(content, stream.resumeAt))
  if (stream.tail === undefined && (tail.offset !== stream.resumeAt || !(await agrees(content, stream.mark))))
    return false
  stream.tail = tail
  stream.handle = content.handle
  stream.state = 'bound'
  stream.identity = file.identity
  stream.path = path
  stream.real = file.real
  stream.grewAt = Date.now()
  stream.idle = false
  stream.looked = ''
  return true
}

/** Whether an open file is the one that was listed. */
export async function isSame(handle: FileHandle, { identity }: FoundFile): Promise<boolean> {
  return identityOf(await handle.stat({ bigint: true })) === identity
}

/** The bytes were handed on. */
export function advance(stream: FollowedStream, bytes: Buffer): void {
  stream.tail = extendTail(stream.tail ?? { offset: 0, bytes: Buffer.alloc(0) }, bytes)
  stream.mark = markOf(stream.tail)
  stream.grewAt = Date.now()
  stream.checkedAt = stream.grewAt
  stream.idle = false
}

/** Nothing follows for a while. */
export function idleOf({ name, path, tail, resumeAt }: FollowedStream): Chunk {
  return { stream: name, path, offset: tail?.offset ?? resumeAt, bytes: new Uint8Array(0), idle: true }
}

/** Nothing more follows. */
export function endOf({ name, tail, resumeAt }: FollowedStream): Chunk {
  return { stream: name, offset: tail?.offset ?? resumeAt, bytes: new Uint8Array(0), end: true }
}
