import { join } from 'node:path'
import { deliver } from '../../src/agent/deliver.ts'
import { feed } from '../../src/agent/feed.ts'
import { daemonAt } from '../../src/agent/post.ts'
import { createSignals } from '../../src/agent/signals.ts'
import { systemClock } from '../../src/daemon/clock.ts'
import { makeFolder } from '../../src/domain/make-folder.ts'
import type { Input, InputBatch } from '../../src/inputs/input.ts'
import { openSpool } from '../../src/store/sqlite-spool.ts'

/** A machine's agent: spool, order and delivery are Tallyman's own; what its inputs read is handed to it. */
export interface NodeAgent {
  /** Lines that were appended to a stream of one of its inputs. */
  append(input: AgentInput, stream: string, text: string): void
  /** Entries that the daemon does not have yet, and when the oldest of them was kept; ms. */
  waiting(): { readonly entries: number; readonly since: number | undefined }
  stop(): Promise<void>
}

export interface AgentInput {
  readonly name: string
  readonly type: 'docker' | 'file'
}

export interface NodeAgentOptions {
  readonly folder: string
  readonly to: string
  readonly token: string
  readonly inputs: readonly AgentInput[]
}

const SPOOL = 1024 * 1024 * 1024

export function startNodeAgent({ folder, to, token, inputs }: NodeAgentOptions): NodeAgent {
  makeFolder(folder)
  const spool = openSpool({ file: join(folder, 'spool.db'), bound: SPOOL, keepFree: 0 })
  const daemon = daemonAt({ to, token, plain: false })
  const [kept, room] = [createSignals(), createSignals()]
  const stop = new AbortController()
  const handed = new Map(inputs.map((input) => [input, createHanded(input.name)]))
  const tend = (input: string, cause: unknown): never => {
    throw new Error(`${input} failed`, { cause })
  }
  const parts = {
    spool,
    now: Date.now,
    kept: kept.give,
    holding: () => {},
    room: (signal: AbortSignal) => room.next(1_000, signal),
    tend,
  }
  const running = [
    ...[...handed].map(([about, { input }]) =>
      feed({ about, input, isReadAgain: false }, parts, stop.signal),
    ),
    deliver(
      {
        spool,
        daemon,
        now: Date.now,
        inputs: () =>
          inputs.map(({ name, type }) => ({
            name,
            type,
            reach: { kind: 'caught-up' as const, until: Date.now() },
          })),
        full: () => undefined,
        acknowledged: room.give,
        more: kept.next,
        wait: systemClock.wait,
        random: Math.random,
        say: (line) => void process.stderr.write(`${folder}: ${line}\n`),
      },
      stop.signal,
    ),
  ]
  return {
    append: (input, stream, text) => handed.get(input)?.append(stream, text),
    waiting() {
      const { acknowledged, last, oldest } = spool.state()
      return { entries: last - acknowledged, since: oldest }
    },
    async stop() {
      stop.abort()
      await Promise.all(running)
      daemon.close()
      spool.close()
    },
  }
}

/** An input whose bytes are handed to it, as a file that grows hands on its own. */
function createHanded(name: string): {
  readonly input: Input
  append(stream: string, text: string): void
} {
  const more = createSignals()
  const offsets = new Map<string, number>()
  let chunks: InputBatch['chunks'][number][] = []
  return {
    append(stream, text) {
      const bytes = Buffer.from(text)
      const offset = offsets.get(stream) ?? 0
      offsets.set(stream, offset + bytes.length)
      chunks.push({ stream, offset, bytes })
      more.give()
    },
    input: {
      name,
      async *read(_resume, signal) {
        while (!signal.aborted) {
          if (chunks.length === 0) await more.next(60_000, signal)
          const read = chunks
          chunks = []
          if (read.length > 0) yield { chunks: read, findings: [], unreadable: [] }
        }
      },
    },
  }
}
