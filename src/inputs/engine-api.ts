import { request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'

/**
 * The engine refused, did not answer, or answered what is of no use. `status` is the HTTP status where it is the
 * reason; `answered` tells a bad answer about one thing from an engine that is away.
 */
export class EngineError extends Error {
  readonly status: number | undefined
  readonly answered: boolean
  constructor(message: string, status: number | undefined, cause?: unknown, answered = status !== undefined) {
    super(message, { cause })
    this.name = 'EngineError'
    this.status = status
    this.answered = answered
  }
}

/**
 * Docker's Engine API, and Podman's compatible one, as far as it is read: every request is a GET, so that
 * nothing here can change what runs. Errors are EngineErrors.
 */
export interface EngineApi {
  readonly isLocal: boolean
  /** The body, as it came. */
  text(path: string, signal?: AbortSignal): Promise<string>
  /** The events since and until these times (`seconds.nanoseconds`), as the bytes come; open-ended without `until`. */
  events(since: string, until: string | undefined, signal: AbortSignal): Promise<IncomingMessage>
}

const TIMEOUT = 20_000
/** An inspect has some 10 kB; labels may be large, and belong to whoever made the container. */
const MAX_RESPONSE = 64 * 1024 * 1024

/** `address`: path of a unix socket, `unix://path`, or `http://host:port` (also `tcp://`). */
export function engineApi(address: string): EngineApi {
  const { target, isLocal } = targetOf(address)
  return {
    isLocal,
    text: async (path, signal) => body(await get(target, path, TIMEOUT, signal)),
    events: (since, until, signal) => {
      const query = new URLSearchParams({ since, ...(until === undefined ? {} : { until, stream: 'false' }) })
      return get(target, `/events?${query.toString()}`, undefined, signal)
    },
  }
}

function targetOf(address: string): { readonly target: RequestOptions; readonly isLocal: boolean } {
  const remote = /^(?:http|tcp):\/\/(.+)$/.exec(address)
  if (remote === null) return { target: { socketPath: address.replace(/^unix:\/\//, '') }, isLocal: true }
  const { hostname, port } = new URL(`http://${remote[1] ?? ''}`)
  return { target: { host: hostname, port: port === '' ? 2375 : Number(port) }, isLocal: false }
}

function get(
  target: RequestOptions,
  path: string,
  timeout: number | undefined,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(new EngineError(`the engine does not answer: ${cause.message}`, undefined, cause))
    const headers = { host: 'engine', accept: 'application/json' }
    const asked: ClientRequest = request(
      { ...target, path, method: 'GET', headers, agent: false, ...(signal === undefined ? {} : { signal }) },
      (response) => {
        clearTimeout(deadline)
        if (timeout !== undefined)
          response.setTimeout(timeout, () => response.destroy(new Error(`no data for ${timeout} ms`)))
        const status = response.statusCode ?? 0
        if (status === 200) resolve(response)
        else void refusal(path, status, response).then(reject, fail)
      },
    )
    // headers come at once, for events too
    const deadline = setTimeout(() => asked.destroy(new Error(`no answer within ${TIMEOUT} ms`)), TIMEOUT)
    asked.on('socket', (socket) => socket.setKeepAlive(true, 30_000))
    asked.on('error', (cause) => {
      clearTimeout(deadline)
      fail(cause)
    })
    asked.end()
  })
}

async function refusal(path: string, status: number, response: IncomingMessage): Promise<EngineError> {
  const text = await body(response).catch(() => '')
  return new EngineError(
    `the engine answers ${path.split('?')[0]} with ${status}: ${text.slice(0, 200).trim()}`,
    status,
  )
}

async function body(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > MAX_RESPONSE)
        throw new EngineError(`the engine’s answer exceeds ${MAX_RESPONSE} bytes`, undefined, undefined, true)
      pieces.push(piece)
    }
  } catch (cause) {
    if (cause instanceof EngineError) throw cause
    throw new EngineError(`the engine’s answer broke off: ${(cause as Error).message}`, undefined, cause)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** A JSON object of the engine; an EngineError where it is none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch (cause) {
    throw new EngineError('the engine’s answer is not JSON', undefined, cause, true)
  }
  throw new EngineError('the engine’s answer is not an object', undefined, undefined, true)
}
