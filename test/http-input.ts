import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpInput, type HttpInputOptions } from '../src/inputs/http.ts'
import type { InputBatch } from '../src/inputs/input.ts'
import type { Sender } from '../src/inputs/senders.ts'
import { eventually } from './daemon.ts'

/** An HTTP input that listens, and what it handed on. */
export interface Listening {
  readonly url: string
  /** The one that it made; empty where the options name others. */
  readonly token: string
  readonly batches: readonly InputBatch[]
  readonly said: readonly string[]
  /** The bodies that were handed on for the first time, as text. */
  texts(): readonly string[]
  senders(): readonly Sender[]
  /** Batches that were handed on, with one that is held. */
  handed(): number
  /** From now on nothing is committed, until `resume`. */
  hold(): void
  resume(): void
  stop(): Promise<void>
}

/** Committed streams and their length: what a store remembers. */
export type Committed = Map<string, number>

const MIB = 1024 * 1024

/** Starts one on a free port; what it hands on is committed at once, into `committed`. */
export async function listening(
  parts: Partial<HttpInputOptions> = {},
  committed: Committed = new Map(),
): Promise<Listening> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-http-'))
  const batches: InputBatch[] = []
  const said: string[] = []
  const options: HttpInputOptions = {
    name: 'audit',
    host: '127.0.0.1',
    port: 0,
    tokens: [],
    ownToken: join(folder, 'audit.token'),
    limits: { body: 16 * MIB, unpacked: 64 * MIB, waiting: 128 * MIB },
    say: (line) => said.push(line),
    ...parts,
  }
  const abort = new AbortController()
  let gate: Promise<void> | undefined
  let open = (): void => {}
  let handed = 0
  const input = httpInput(options)
  const reading = (async () => {
    const resume = { checkpoint: undefined, offset: (stream: string) => committed.get(stream) }
    for await (const batch of input.read(resume, abort.signal)) {
      handed += 1
      await gate
      if (abort.signal.aborted) return
      batches.push(batch)
      for (const { stream, bytes } of batch.chunks) committed.set(stream, bytes.length)
      batch.committed?.()
    }
  })()
  const listens = eventually(() => said.map((line) => /telemetry at (\S+);/.exec(line)?.[1]).find(Boolean))
  // rejects with what keeps it from listening
  const url = await Promise.race([listens, reading.then(() => '')])
  const isOwn = options.tokens.length === 0 && options.tls?.clientCa === undefined
  return {
    url,
    token: isOwn ? readFileSync(options.ownToken, 'utf8').trim() : '',
    batches,
    said,
    texts: () =>
      batches.flatMap(({ chunks }) =>
        chunks.filter(({ repeated }) => repeated !== true).map(({ bytes }) => Buffer.from(bytes).toString()),
      ),
    senders: () => input.senders?.() ?? [],
    handed: () => handed,
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
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: unknown
}

/** POSTs to a listening input with its token, unless told otherwise. */
export function post(
  { url, token }: Pick<Listening, 'url' | 'token'>,
  body: string | Uint8Array,
  {
    path = '/',
    method = 'POST',
    headers = {},
  }: {
    readonly path?: string
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const asked = request(
      new URL(path, url),
      {
        method,
        headers: {
          'content-type': 'application/json',
          ...(headers['transfer-encoding'] === undefined && { 'content-length': bytes.length }),
          ...(token !== '' && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(text) }),
        )
        response.on('error', reject)
      },
    )
    asked.on('error', reject)
    asked.end(bytes)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
