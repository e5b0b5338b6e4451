import type { Chunk } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { Resume } from './input.ts'

/** The streams of those who send messages: one each, which goes on at the byte that is committed. */
export interface SenderStreams {
  /** Lines of a sender that follow on what was handed on of it before. */
  chunk(sender: string, bytes: Buffer): Chunk
  /** Of those that sent nothing for a while, once; and the end of those that are forgotten. */
  quiet(): readonly Chunk[]
}

interface SenderStream {
  readonly stream: string
  readonly path: string
  offset: number
  at: number
  isIdle: boolean
}

/** Addresses can be made up: so many senders have streams of their own, others share one. */
const OWN_STREAMS = 1_000
const SHARED = '(other senders)'
const IDLE = 5_000
/** Whoever sent nothing for so long gives its place to another, ms. */
const FORGOTTEN = 3_600_000

/** `now` is the clock on the wall, ms. */
export function createSenderStreams(
  { name, zone, now }: { readonly name: string; readonly zone: string; readonly now: () => number },
  resume: Pick<Resume, 'offset'>,
): SenderStreams {
  const bySender = new Map<string, SenderStream>()
  const ended: Chunk[] = []
  const open = (sender: string): SenderStream => {
    const stream = `syslog:${digest(name, sender)}`
    const offset = resume.offset(stream) ?? 0
    return { stream, path: `${name} (${sender})`, offset, at: now(), isIdle: false }
  }
  const chunkOf = ({ stream, path, offset }: SenderStream, bytes: Buffer): Chunk => ({
    stream,
    path,
    offset,
    bytes,
    messages: { zone },
  })
  /** The one that sent nothing for longest goes. */
  const makePlace = (): void => {
    const [[oldest, of] = []] = bySender
    if (bySender.size < OWN_STREAMS || oldest === undefined || of === undefined) return
    if (now() - of.at < FORGOTTEN) return
    bySender.delete(oldest)
    ended.push({ ...chunkOf(of, Buffer.alloc(0)), end: true })
  }
  /** Under which name a sender has its stream. */
  const keyOf = (sender: string): string => {
    if (bySender.has(sender)) return sender
    makePlace()
    return bySender.size < OWN_STREAMS ? sender : SHARED
  }
  return {
    chunk(sender, bytes) {
      const key = keyOf(sender)
      const of = bySender.get(key) ?? open(key)
      const chunk = chunkOf(of, bytes)
      of.offset += bytes.length
      of.at = now()
      of.isIdle = false
      bySender.delete(key)
      bySender.set(key, of)
      return chunk
    },
    quiet() {
      const chunks = ended.splice(0)
      for (const of of bySender.values()) {
        if (of.isIdle || now() - of.at < IDLE) continue
        of.isIdle = true
        chunks.push({ ...chunkOf(of, Buffer.alloc(0)), idle: true })
      }
      return chunks
    },
  }
}
