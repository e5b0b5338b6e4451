import { setImmediate as nextTurn } from 'node:timers/promises'
import { UserError } from '../domain/errors.ts'
import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { allowedAddresses } from './allowed-addresses.ts'
import type { Input, InputBatch, Reach, Resume } from './input.ts'
import { createMessageQueue, type MessageQueue } from './message-queue.ts'
import { createSenders } from './senders.ts'
import { createSenderStreams } from './sender-streams.ts'
import { listenForConnections } from './syslog-connections.ts'
import { listenForDatagrams } from './syslog-datagrams.ts'
import type { Hearing, SyslogEar } from './syslog-ear.ts'
import { tlsFileNames, type TlsFiles } from './tls-files.ts'
import { watchFiles } from './watched-files.ts'

export interface SyslogInputOptions {
  readonly name: string
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** Address to listen on. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tls?: TlsFiles | undefined
  /** Addresses and networks that may send; all unless told. */
  readonly from?: readonly string[] | undefined
  /** Of times that state no zone (IANA). */
  readonly zone: string
  /** In bytes: of a message, and of all that was taken and is not committed. */
  readonly limits: { readonly message: number; readonly waiting: number }
  /** One line for people. */
  readonly say: (line: string) => void
}

/** So much is committed at once, and then another input has its turn. */
const BATCH_BYTES = 4 * 1024 * 1024
const LOOK_EVERY = 1_000
/** Where nothing comes, it is committed now and then that somebody listened. */
const TOLD_EVERY = 60_000
/** Under this name those are counted who may not send. */
const STRANGERS = '(may not send)'

/**
 * Syslog by UDP, TCP or TLS. Each sender has a stream of its own, in which a line is a message; what a message says
 * is the sources' business. Syslog acknowledges nothing: what was taken and not committed is gone with the process,
 * as is what arrived while it was not there, so that both are told as one `unobserved-interval` by the next start.
 *
 * Throws a UserError where it cannot listen, or TLS files are of no use.
 */
export function syslogInput(options: SyslogInputOptions): Input {
  const { name, limits, zone } = options
  const senders = createSenders()
  let reach: Reach = { kind: 'behind' }
  let waited = (): number => 0
  return {
    name,
    reach: () => (reach.kind === 'caught-up' ? { kind: 'caught-up', until: Date.now() - waited() } : reach),
    senders: () => senders.list(),
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const streams = createSenderStreams({ name, zone, now: Date.now }, resume)
      const queue = createMessageQueue(name, boundsOf(limits), Date.now)
      const bounds = createReached(name)
      const ear = await earOf(options, {
        queue,
        limit: limits.message,
        isAllowed: allowedAddresses(options.from),
        refused: () => senders.count(STRANGERS, 'refused', Date.now()),
        crowded: () => bounds.reached('connections'),
        lost: () => bounds.reached('loss'),
      })
      let closing: Promise<void> | undefined
      const close = (): Promise<void> => (closing ??= ear.close())
      const unwatch = watchFiles(tlsFileNames(options.tls), () => reread(options, ear))
      options.say(`${name}: takes syslog at ${ear.url}`)
      waited = () => queue.waited(Date.now())
      reach = { kind: 'caught-up', until: 0 }
      let told = 0
      const take = (more: readonly Finding[] = []): InputBatch => {
        const { chunks, unreadable, lines, leave } = queue.take(BATCH_BYTES, (sender, bytes) =>
          streams.chunk(sender, bytes),
        )
        told = Date.now()
        return {
          chunks: [...chunks, ...streams.quiet()],
          unreadable,
          findings: [...more, ...bounds.findings()],
          checkpoint: { until: told },
          committed() {
            leave()
            for (const [sender, count] of lines) senders.count(sender, 'committed', told, count)
          },
        }
      }
      const isTelling = ({ chunks, unreadable, findings }: InputBatch, before: number): boolean =>
        chunks.length + unreadable.length + findings.length > 0 || told - before >= TOLD_EVERY

      try {
        yield take(awayFindings(name, resume.checkpoint, Date.now()))
        for (let last = told; !signal.aborted;) {
          await queue.filled(signal, LOOK_EVERY)
          // what arrives together is committed together
          await nextTurn()
          ear.look()
          const batch = take()
          if (!isTelling(batch, last)) continue
          last = told
          yield batch
        }
        while (await isClosing(close(), queue)) yield take()
        for (let batch = take(); ; batch = take()) {
          yield batch
          if (batch.chunks.length === 0) break
        }
      } finally {
        reach = { kind: 'cut', since: Date.now() }
        unwatch()
        queue.stop()
        await close()
      }
    },
  }
}

/** False once it is closed; true when something waits meanwhile, which makes room for more. */
function isClosing(closed: Promise<void>, queue: MessageQueue): Promise<boolean> {
  const filled = queue.filled(new AbortController().signal, LOOK_EVERY)
  return Promise.race([closed.then(() => false), filled.then(() => true)])
}

function earOf(options: SyslogInputOptions, hearing: Hearing): Promise<SyslogEar> {
  const { name, transport, host, port, tls } = options
  return transport === 'udp'
    ? listenForDatagrams({ name, host, port }, hearing)
    : listenForConnections({ host, port, tls: transport === 'tls' ? tls : undefined }, hearing)
}

/** No sender may take all the room; a single message of the largest size always finds it. */
function boundsOf({
  message,
  waiting,
}: SyslogInputOptions['limits']): Parameters<typeof createMessageQueue>[1] {
  const total = Math.max(waiting, 2 * message + 4096)
  return { total, share: Math.max(total / 4, message + 2048) }
}

function reread({ name, say }: SyslogInputOptions, ear: SyslogEar): void {
  try {
    ear.reread()
    say(`${name}: read its certificates again`)
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    say(`${name}: goes on with the certificates that it had: ${cause.message}`)
  }
}

/** From the last commit on nobody knows what was sent. */
function awayFindings(about: string, checkpoint: unknown, now: number): readonly Finding[] {
  const { until: since } = (checkpoint ?? {}) as { readonly until?: unknown }
  if (typeof since !== 'number') return []
  return [
    {
      id: digest('not-listening', about, String(since)),
      kind: 'unobserved-interval',
      about,
      since,
      until: Math.max(since, now),
      message:
        'nobody listened for syslog: what was sent in that time is lost, unless its sender kept it, and so is what was taken and not committed if the daemon was killed',
    },
  ]
}

const BOUNDS = {
  connections: {
    kind: 'bound-reached',
    message:
      'so many were connected that connections were cut; what a sender among them gave up was not seen',
  },
  loss: {
    kind: 'producer-loss',
    message: 'datagrams were lost because more arrived than could be taken; they are counted as failures',
  },
} as const

/** Bounds that were reached since they were last told; one finding an hour each. */
function createReached(about: string) {
  const since = new Map<keyof typeof BOUNDS, number>()
  return {
    reached(bound: keyof typeof BOUNDS): void {
      if (!since.has(bound)) since.set(bound, Date.now())
    },
    findings(): readonly Finding[] {
      const found = [...since].map(([bound, at]): Finding => {
        const hour = String(Math.floor(at / 3_600_000))
        return {
          id: digest('syslog', about, bound, hour),
          about,
          since: at,
          until: Date.now(),
          ...BOUNDS[bound],
        }
      })
      since.clear()
      return found
    },
  }
}
