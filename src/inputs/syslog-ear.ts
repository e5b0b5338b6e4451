import type { AllowedAddresses } from './allowed-addresses.ts'
import type { MessageQueue } from './message-queue.ts'
import { syslogLine } from './syslog-line.ts'

/** What listens for messages. */
export interface SyslogEar {
  /** With the port that was taken. */
  readonly url: string
  /** To be called now and then. */
  look(): void
  /** Takes what stands in the TLS files now; throws a UserError, and nothing changes, where they are of no use. */
  reread(): void
  /** Takes nothing more; resolves when all that was read of connections is handed on. */
  close(): Promise<void>
}

/** What it is to do with what it hears. */
export interface Hearing {
  readonly queue: MessageQueue
  /** Bytes that a message may have. */
  readonly limit: number
  readonly isAllowed: AllowedAddresses
  /** Somebody sent who may not. */
  readonly refused: () => void
  /** A connection was cut because there were too many. */
  readonly crowded: () => void
  /** Datagrams were lost here. */
  readonly lost: () => void
}

/** Hands one message on, when there is room. Resolves false where nothing more is taken. */
export async function handOn(queue: MessageQueue, sender: string, message: Buffer): Promise<boolean> {
  const line = syslogLine(message)
  if (line === undefined) return true
  if (line.kind === 'line') return queue.push(sender, line.bytes)
  queue.fail(sender, line.reason)
  return true
}
