import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { InputBatch } from '../src/inputs/input.ts'
import type { Sender } from '../src/inputs/senders.ts'
import { syslogInput, type SyslogInputOptions } from '../src/inputs/syslog.ts'
import { eventually } from './daemon.ts'

/** A syslog input that listens, and what it handed on. */
export interface ListeningSyslog {
  readonly port: number
  readonly batches: readonly InputBatch[]
  /** All lines that were handed on, each with its newline, by the sender that is told to people. */
  text(sender?: string): string
  /** Reason by reason, how many failures there are. */
  failures(): Readonly<Record<string, number>>
  senders(): readonly Sender[]
  /** Batches that were handed on, with one that is held. */
  handed(): number
  /** Whether something waits to be handed on. */
  waits(): boolean
  /** From now on nothing is committed, until `resume`. */
  hold(): void
  resume(): void
  stop(): Promise<void>
}

/** What a store remembers of an input. */
export interface Remembered {
  checkpoint: unknown
  readonly offsets: Map<string, number>
}

export function nothingRemembered(): Remembered {
  return { checkpoint: undefined, offsets: new Map() }
}

/** Starts one on a free port; what it hands on is committed at once, into `memory`. */
export async function listeningSyslog(
  parts: Partial<SyslogInputOptions> = {},
  memory: Remembered = nothingRemembered(),
): Promise<ListeningSyslog> {
  const batches: InputBatch[] = []
  const said: string[] = []
  const options: SyslogInputOptions = {
    name: 'net',
    transport: 'tcp',
    host: '127.0.0.1',
    port: 0,
    zone: 'UTC',
    limits: { message: 64 * 1024, waiting: 1024 * 1024 },
    say: (line) => said.push(line),
    ...parts,
  }
  const abort = new AbortController()
  let gate: Promise<void> | undefined
  let open = (): void => {}
  let handed = 0
  const input = syslogInput(options)
  const reading = (async () => {
    const resume = {
      checkpoint: memory.checkpoint,
      offset: (stream: string) => memory.offsets.get(stream),
    }
    for await (const batch of input.read(resume, abort.signal)) {
      handed += 1
      await gate
      batches.push(batch)
      for (const { stream, offset, bytes } of batch.chunks) memory.offsets.set(stream, offset + bytes.length)
      memory.checkpoint = batch.checkpoint
      batch.committed?.()
    }
  })()
  const listens = eventually(() =>
    said.map((line) => /syslog at \w+:\/\/\S+:(\d+)$/.exec(line)?.[1]).find(Boolean),
  )
  const port = await Promise.race([listens, reading.then(() => '0')])
  return {
    port: Number(port),
    batches,
    text: (sender = '') =>
      batches
        .flatMap(({ chunks }) => chunks)
        .filter(({ path = '' }) => path.includes(sender))
        .map(({ bytes }) => Buffer.from(bytes).toString())
        .join(''),
    failures() {
      const counts: Record<string, number> = {}
      for (const { reason, count = 1 } of batches.flatMap(({ unreadable }) => unreadable))
        counts[reason] = (counts[reason] ?? 0) + count
      return counts
    },
    senders: () => input.senders?.() ?? [],
    handed: () => handed,
    waits() {
      const reach = input.reach?.()
      return reach?.kind === 'caught-up' && reach.until < Date.now() - 10
    },
    hold() {
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    resume() {
      gate = undefined
      open()
    },
    async stop() {
      abort.abort()
      open()
      await reading
    },
  }
}

/** A connection from an address of this machine. */
export async function connected(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends datagrams, each from the same port. */
export async function sendDatagrams(
  port: number,
  messages: readonly (string | Uint8Array)[],
  from = '127.0.0.1',
): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.bind(0, from, resolve)
  })
  for (const message of messages)
    await new Promise<void>((resolve, reject) => {
      socket.send(message, port, '127.0.0.1', (cause) => (cause === null ? resolve() : reject(cause)))
    })
  await new Promise<void>((resolve) => {
    socket.close(resolve)
  })
}

/** Octet counting. */
export function counted(message: string): string {
  return `${Buffer.byteLength(message)} ${message}`
}
