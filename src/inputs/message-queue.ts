import type { Chunk } from '../domain/event.ts'
import type { InputBatch } from './input.ts'
import { createWaitingBytes, type Room } from './waiting-bytes.ts'

/** Messages that wait to be committed, in the order in which each sender sent them. */
export interface MessageQueue {
  /** Takes a line if there is room for it. */
  offer(sender: string, line: Buffer): boolean
  /** Takes it when there is room. Resolves false where the queue was stopped before. */
  push(sender: string, line: Buffer): Promise<boolean>
  /** What could not be taken: so many failures. */
  fail(sender: string, reason: string, count?: number): void
  /** How long the oldest line has waited by then, ms; 0 where none does. */
  waited(now: number): number
  /** Resolves when something waits, `within` ms have passed, or the signal aborts. */
  filled(signal: AbortSignal, within: number): Promise<void>
  /** The next lines, about so many bytes of them, as one batch; every sender has its share of it. */
  take(bytes: number, chunkOf: (sender: string, lines: Buffer) => Chunk): TakenMessages
  /** Nothing more is taken. */
  stop(): void
}

export interface TakenMessages extends Pick<InputBatch, 'chunks' | 'unreadable'> {
  /** By sender, how many lines there are. */
  readonly lines: ReadonlyMap<string, number>
  /** To be called when they are committed: there is room again. */
  readonly leave: () => void
}

/** What a line takes beside its bytes. */
const OVERHEAD = 128
const NEWLINE = Buffer.from('\n')
/** Senders and reasons that are told apart in a batch. */
const MAX_FAILURES = 1_000

interface Waiting {
  readonly lines: Buffer[]
  readonly room: Room
  /** Bytes that it has room for, with those that are being committed. */
  held: number
}

/** `total` bytes wait at most, `share` of each sender. */
export function createMessageQueue(
  about: string,
  bounds: { readonly total: number; readonly share: number },
  now: () => number,
): MessageQueue {
  const rooms = createWaitingBytes(bounds)
  const bySender = new Map<string, Waiting>()
  let failures = new Map<string, InputBatch['unreadable'][number] & { count: number }>()
  let patient: (() => void)[] = []
  let since: number | undefined
  let stopped = false
  let wake = (): void => {}

  const of = (sender: string): Waiting => {
    const known = bySender.get(sender) ?? { lines: [], room: rooms.room(sender), held: 0 }
    bySender.set(sender, known)
    return known
  }
  const offer = (sender: string, line: Buffer): boolean => {
    const waiting = of(sender)
    if (waiting.room.take(waiting.held + OVERHEAD + line.length) !== undefined) return false
    waiting.held += OVERHEAD + line.length
    waiting.lines.push(line)
    since ??= now()
    wake()
    return true
  }
  const push = async (sender: string, line: Buffer): Promise<boolean> => {
    if (stopped) return false
    if (offer(sender, line)) return true
    await new Promise<void>((resolve) => patient.push(resolve))
    return push(sender, line)
  }
  const leave = (sender: string, bytes: number): void => {
    const waiting = of(sender)
    waiting.held -= bytes
    waiting.room.take(waiting.held)
    if (waiting.held === 0) bySender.delete(sender)
  }
  const letIn = (): void => {
    const waiting = patient
    patient = []
    for (const again of waiting) again()
  }

  return {
    offer,
    push,
    fail(sender, reason, count = 1) {
      const isNamed = failures.size < MAX_FAILURES || failures.has(`${sender}\n${reason}`)
      const stream = isNamed ? `${about} (${sender})` : about
      const key = isNamed ? `${sender}\n${reason}` : reason
      failures.set(key, { stream, reason, count: (failures.get(key)?.count ?? 0) + count })
      wake()
    },
    waited: (at) => (since === undefined ? 0 : at - since),
    async filled(signal, within) {
      if (since !== undefined || failures.size > 0 || signal.aborted) return
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          wake = (): void => {}
          resolve()
        }
        const timer = setTimeout(done, within)
        signal.addEventListener('abort', done, { once: true })
        wake = done
      })
    },
    take(bytes, chunkOf) {
      const senders = [...bySender].filter(([, { lines }]) => lines.length > 0)
      const each = bytes / Math.max(1, senders.length)
      const chunks: Chunk[] = []
      const lines = new Map<string, number>()
      const taken: (readonly [string, number])[] = []
      for (const [sender, waiting] of senders) {
        const own = waiting.lines.splice(0, countWithin(waiting.lines, each))
        const text = Buffer.concat(own.flatMap((line) => [line, NEWLINE]))
        chunks.push(chunkOf(sender, text))
        lines.set(sender, own.length)
        taken.push([sender, text.length - own.length + own.length * OVERHEAD])
      }
      const unreadable = [...failures.values()]
      failures = new Map()
      since = senders.some(([, waiting]) => waiting.lines.length > 0) ? (since ?? now()) : undefined
      return {
        chunks,
        unreadable,
        lines,
        leave() {
          for (const [sender, held] of taken) leave(sender, held)
          letIn()
        },
      }
    },
    stop() {
      stopped = true
      letIn()
    },
  }
}

/** How many of the first lines are so many bytes; one at least. */
function countWithin(lines: readonly Buffer[], bytes: number): number {
  let [count, length] = [0, 0]
  for (; count < lines.length && (count === 0 || length < bytes); count += 1)
    length += (lines[count]?.length ?? 0) + NEWLINE.length
  return count
}
