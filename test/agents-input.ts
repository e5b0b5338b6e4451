import { request } from 'node:http'
import { zstdCompressSync } from 'node:zlib'
import { join } from 'node:path'
import { loadDetection } from '../src/detection.ts'
import { chained, type Entry, type SpoolPlace } from '../src/domain/chained.ts'
import { entriesOf } from '../src/inputs/agent-entry.ts'
import { framed } from '../src/inputs/agent-frames.ts'
import type { AgentHello } from '../src/inputs/agent-hello.ts'
import { agentsInput } from '../src/inputs/agents.ts'
import type { Input, InputBatch } from '../src/inputs/input.ts'
import { runPipeline } from '../src/loop/pipeline.ts'
import { sources } from '../src/sources/index.ts'
import { openStore } from '../src/store/sqlite.ts'
import type { Store } from '../src/store/store.ts'
import { eventually } from './daemon.ts'

const MIB = 1024 * 1024

/** The loop with an input of type `agents`, on a store; with the shipped strategies where that is said. */
export interface Hub {
  readonly url: string
  readonly input: Input
  readonly store: Store
  stop(): Promise<void>
}

export async function startHub(folder: string, strategies = false): Promise<Hub> {
  const store = openStore(join(folder, 'store.db'), { durable: true })
  const said: string[] = []
  const input = agentsInput({
    name: 'agents',
    host: '127.0.0.1',
    port: 0,
    agents: join(folder, 'agents.json'),
    limits: { body: 2 * MIB, unpacked: 8 * MIB, waiting: 16 * MIB },
    say: (line) => said.push(line),
  })
  const detection = await loadDetection({
    strategies: strategies ? join(import.meta.dirname, '../strategies') : undefined,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: Date.now,
  })
  const abort = new AbortController()
  const running = runPipeline(
    [input],
    { store, sources, detection: () => detection, now: Date.now, arriving: true },
    abort.signal,
  )
  const url = await Promise.race([
    eventually(() => said.map((line) => /at (http\S+)$/.exec(line)?.[1]).find(Boolean)),
    running.then(() => ''),
  ])
  return {
    url,
    input,
    store,
    async stop() {
      abort.abort()
      await running
      store.close()
    },
  }
}

export interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: {
    readonly position?: (SpoolPlace & { readonly spool: string }) | null
    readonly error?: string
  }
}

/** POSTs to a hub, as an agent does. */
export function tell(
  { url }: Pick<Hub, 'url'>,
  token: string,
  body: Buffer,
  headers: Readonly<Record<string, string>> = { 'content-encoding': 'zstd' },
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL('/v1/agent', url),
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-length': body.length, ...headers },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: JSON.parse(text === '' ? '{}' : text) as Told['body'],
          }),
        )
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** An agent's side by hand: it says what a test wants it to say. */
export interface HandAgent {
  /** Makes entries that follow on those before. */
  entries(batch: Partial<InputBatch>, about?: { name?: string; type?: string }): readonly Entry[]
  /** Sends entries as what follows on `before`: the place that was reached unless told. */
  send(entries: readonly Entry[], hello?: Partial<AgentHello>): Promise<Told>
  readonly place: SpoolPlace
}

export function handAgent(hub: Pick<Hub, 'url'>, token: string, spool = 'a'.repeat(32)): HandAgent {
  let place: SpoolPlace = { number: 0, digest: '' }
  return {
    get place() {
      return place
    },
    entries: (batch, { name = 'logs', type = 'file' } = {}) =>
      entriesOf(
        { name, type },
        { chunks: [], findings: [], unreadable: [], ...batch },
        { at: Date.now(), since: Date.now() },
      ),
    async send(entries, hello = {}) {
      const before = hello.before ?? place
      const head: AgentHello = {
        format: 1,
        version: 'test',
        hostname: 'test',
        spool,
        before,
        last: before.number + entries.length,
        now: Date.now(),
        bytes: 0,
        bound: MIB,
        inputs: [{ name: 'logs', type: 'file', reach: { kind: 'caught-up', until: Date.now() } }],
        ...hello,
      }
      const told = await tell(
        hub,
        token,
        zstdCompressSync(framed([{ head: JSON.stringify(head), body: new Uint8Array(0) }, ...entries])),
      )
      if (told.status === 200) {
        place = before
        for (const entry of entries)
          place = { number: place.number + 1, digest: chained(place.digest, entry) }
      }
      return told
    },
  }
}
