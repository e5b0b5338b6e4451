import { readFileSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { once } from 'node:events'
import { syslogInput } from '../../src/inputs/syslog.ts'
import { createAuthority } from '../certificates.ts'
import { eventually } from '../daemon.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { falcoLine, falcoMark } from './falco-line.ts'
import type { FaultyInput, StartFaulty } from './faulty-input.ts'

const LONGEST = 48 * 1024
const HEADER = '<13>Nov 21 10:00:00 node-1 falco: '
const LIMITS = { message: 64 * 1024, waiting: 1024 * 1024 }

const message = (body: string | Buffer): Buffer => Buffer.concat([Buffer.from(HEADER), Buffer.from(body)])
/** Octet counting (RFC 6587, 3.4.1). */
const framed = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${bytes.length} `), bytes])

/** Garbage, as a message: a datagram of 64 KiB cannot be sent. */
const cutTo = (piece: Buffer, length: number): Buffer => piece.subarray(0, length)

/** `listens` is told where a start listens, and of undefined before that. */
function inputOf(
  transport: 'udp' | 'tcp' | 'tls',
  listens: (port: number | undefined) => void,
  tls?: { readonly cert: string; readonly key: string },
): FaultyInput['input'] {
  return () => {
    listens(undefined)
    return syslogInput({
      name: 'net',
      transport,
      host: '127.0.0.1',
      port: 0,
      zone: 'UTC',
      limits: transport === 'udp' ? { ...LIMITS, message: LONGEST } : LIMITS,
      ...(tls !== undefined && { tls }),
      say(line) {
        const port = /syslog at \w+:\/\/\S+:(\d+)$/.exec(line)?.[1]
        if (port !== undefined) listens(Number(port))
      },
    })
  }
}

export const faultyUdp: StartFaulty = async () => {
  let listens: number | undefined
  let socket = createSocket('udp4')
  const send = async (bytes: Buffer): Promise<void> => {
    const port = await eventually(() => listens)
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, port, '127.0.0.1', (cause) => (cause === null ? resolve() : reject(cause)))
    })
  }
  return {
    input: inputOf('udp', (port) => {
      listens = port
    }),
    tell: (mark) => send(message(falcoLine(mark))),
    async tellCut(mark) {
      // a datagram comes whole or not at all; one that its sender cut off is a record of its own
      await send(message(falcoLine(mark).slice(0, 60)))
      return { failed: 1, comes: false }
    },
    async restart() {
      // a sender remembers nothing; it has another port
      socket.close()
      socket = createSocket('udp4')
    },
    async tellAmid(garbage, marks) {
      for (const [index, mark] of marks.entries()) {
        await send(message(falcoLine(mark)))
        const piece = garbage[index]
        if (piece !== undefined) await send(message(cutTo(piece, LONGEST + 1)))
      }
      return garbage.length
    },
    markOf: falcoMark,
    longest: LONGEST,
    whileAway: 'lost',
    async stop() {
      socket.close()
    },
  }
}

/** A sender that keeps a connection, and sends a message again whose connection was cut within it. */
function faultyConnection(
  dial: (port: number) => Socket,
  input: (listens: (port: number | undefined) => void) => FaultyInput['input'],
): StartFaulty {
  return async () => {
    const proxy = await cuttingProxy(0)
    let socket: Socket | undefined
    let isListening = false
    const connected = async (): Promise<Socket> => {
      await eventually(() => (isListening ? true : undefined))
      while (socket === undefined || socket.destroyed) {
        socket = dial(Number(proxy.at))
        socket.on('error', () => {})
        await Promise.race([once(socket, 'ready'), once(socket, 'secureConnect'), once(socket, 'close')])
      }
      return socket
    }
    const send = async (bytes: Buffer): Promise<void> => {
      const open = await connected()
      await new Promise<void>((resolve) => {
        open.write(bytes, () => resolve())
      })
    }
    /** The sender is sure that what it wrote has passed. */
    const pass = async (bytes: Buffer): Promise<void> => {
      const before = proxy.passed()
      await send(bytes)
      await eventually(() => (proxy.passed() >= before + bytes.length ? true : undefined))
    }
    return {
      input: input((port) => {
        isListening = port !== undefined
        if (port !== undefined) return proxy.leadTo(port)
        // it notices that nobody is there any more
        socket?.destroy()
      }),
      tell: (mark) => pass(framed(message(falcoLine(mark)))),
      async tellCut(mark) {
        const bytes = framed(message(falcoLine(mark)))
        await pass(bytes.subarray(0, bytes.length / 2))
        proxy.cut()
        if (socket !== undefined && !socket.destroyed) await once(socket, 'close')
        await pass(bytes)
        return { failed: 1, comes: true }
      },
      async restart(memory) {
        // with a farewell, or without
        if (memory === 'kept') socket?.end()
        else socket?.destroy()
        socket = undefined
      },
      async tellAmid(garbage, marks) {
        for (const [index, mark] of marks.entries()) {
          await send(framed(message(falcoLine(mark))))
          const piece = garbage[index]
          if (piece !== undefined) await send(framed(message(piece)))
        }
        return garbage.length
      },
      markOf: falcoMark,
      longest: LIMITS.message,
      whileAway: 'lost',
      async stop() {
        socket?.destroy()
        await proxy.stop()
      },
    }
  }
}

export const faultyTcp = faultyConnection(
  (port) => connect({ port, host: '127.0.0.1' }),
  (listens) => inputOf('tcp', listens),
)

export const faultyTls: StartFaulty = async (folder) => {
  const authority = createAuthority(folder)
  const tls = authority.issue('server')
  const ca = readFileSync(authority.cert)
  const start = faultyConnection(
    (port) => connectTls({ port, host: '127.0.0.1', ca }),
    (listens) => inputOf('tls', listens, tls),
  )
  return start(folder)
}
