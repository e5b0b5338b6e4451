import type { KubeConfig } from '@kubernetes/client-node'
import { existsSync, readFileSync } from 'node:fs'
import { request as requestClear, type IncomingMessage } from 'node:http'
import { request as requestSecurely, type RequestOptions } from 'node:https'
import { UserError } from '../domain/errors.ts'

/** Where a cluster is, and who asks it. */
export interface ClusterAccess {
  /** A kubeconfig file; the service account of the pod that this runs in, unless told. */
  readonly kubeconfig?: string | undefined
  /** Of the file; its current one unless told. */
  readonly context?: string | undefined
}

/** The API server refused, did not answer, or answered what is of no use. */
export class ClusterError extends Error {
  /** The HTTP status, or the code of a Status that a watch ended with. */
  readonly status: number | undefined
  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause })
    this.name = 'ClusterError'
    this.status = status
  }
}

/** An API server. Errors are ClusterErrors. */
export interface ClusterApi {
  /** The answer's head has come, with status 200; its body is the caller's to read. `idle`: ms without a byte that are too many. */
  open(path: string, options: OpenOptions): Promise<IncomingMessage>
  /** What is answered to a request with a body, as it is, whatever its status. */
  send(path: string, options: SendOptions): Promise<{ readonly status: number; readonly json: unknown }>
}

export interface OpenOptions {
  readonly accept: string
  readonly idle: number
  readonly signal: AbortSignal
}

export interface SendOptions {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly body?: object
  readonly type?: string
  readonly signal: AbortSignal
}

/** For the head of an answer, ms: a list of everything may take a while. */
const TIMEOUT = 60_000
/** Of an answer that says why not, characters. */
const MAX_REASON = 2_000
/** Of what is answered to a request with a body, bytes. */
const MAX_ANSWER = 4 * 1024 * 1024
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * Reaches an API server as a kubeconfig says, with every way to log in that it may name; the library that knows them
 * is loaded by the first request. What is read of files is read anew after each failure: tokens and certificates are
 * renewed.
 */
export function clusterApi(access: ClusterAccess): ClusterApi {
  let loaded: Promise<KubeConfig> | undefined
  const ask = async (
    path: string,
    asked: RequestOptions & { readonly signal: AbortSignal; readonly body?: string },
  ): Promise<IncomingMessage> => {
    loaded ??= load(access)
    try {
      return await answerOf(await loaded, path, asked)
    } catch (cause) {
      loaded = undefined
      throw cause
    }
  }
  return {
    async open(path, { accept, idle, signal }) {
      const response = await ask(path, { method: 'GET', headers: { accept }, signal })
      response.setTimeout(idle, () => response.destroy(new Error(`no data for ${idle} ms`)))
      if (response.statusCode === 200) return response
      if (response.statusCode === 401) loaded = undefined
      throw await refusalOf(path, response)
    },
    async send(path, { method, body, type = 'application/json', signal }) {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = { accept: 'application/json', ...(text !== undefined && { 'content-type': type }) }
      const response = await ask(path, { method, headers, signal, ...(text !== undefined && { body: text }) })
      response.setTimeout(TIMEOUT, () => response.destroy())
      if (response.statusCode === 401) loaded = undefined
      const answered = await textOf(response, MAX_ANSWER)
      return { status: response.statusCode ?? 0, json: parsed(answered) }
    },
  }
}

/** The body of an answer and its length; a ClusterError where it is longer than `limit`, breaks off, or is no JSON object. */
export async function jsonOf(
  response: IncomingMessage,
  limit: number,
): Promise<{ readonly json: Readonly<Record<string, unknown>>; readonly length: number }> {
  const text = await textOf(response, limit)
  const json = parsed(text)
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return { json: json as Record<string, unknown>, length: text.length }
  throw new ClusterError('the API server’s answer is not a JSON object')
}

/** Told from others, because less may be asked for. */
export const TOO_LARGE = 413

async function load({ kubeconfig, context }: ClusterAccess): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  if (kubeconfig === undefined) {
    if (process.env['KUBERNETES_SERVICE_HOST'] === undefined || !existsSync(ACCOUNT))
      throw new UserError('no kubeconfig is named, and this does not run in a pod with a service account', {
        mend: 'name the file under kubeconfig, or run it in the cluster as sensors/kubernetes says',
      })
    config.loadFromCluster()
    return config
  }
  try {
    readFileSync(kubeconfig)
    config.loadFromFile(kubeconfig)
  } catch (cause) {
    throw new UserError(`${kubeconfig} cannot be read as a kubeconfig: ${(cause as Error).message}`, {
      mend: 'name a file that kubectl can use',
      cause,
    })
  }
  if (context !== undefined) config.setCurrentContext(context)
  const named = config.getContextObject(config.getCurrentContext())
  if (named === null || config.getCurrentCluster() === null)
    throw new UserError(
      `${kubeconfig} has no context ${context ?? config.getCurrentContext()} with a cluster`,
      {
        mend: `take one of: ${config
          .getContexts()
          .map(({ name }) => name)
          .join(', ')}`,
      },
    )
  return config
}

async function answerOf(
  config: KubeConfig,
  path: string,
  { body, signal, ...asked }: RequestOptions & { readonly signal: AbortSignal; readonly body?: string },
): Promise<IncomingMessage> {
  const server = config.getCurrentCluster()?.server ?? ''
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    throw new ClusterError(`logging in failed: ${(cause as Error).message}`, undefined, cause)
  }
  const url = `${server.replace(/\/$/, '')}${path}`
  const send = url.startsWith('https:') ? requestSecurely : requestClear
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers, ...asked.headers, 'user-agent': 'tallyman' }
    const sent = send(url, { ...options, ...asked, headers, signal }, (response) => {
      clearTimeout(deadline)
      resolve(response)
    })
    const deadline = setTimeout(() => sent.destroy(new Error(`no answer within ${TIMEOUT} ms`)), TIMEOUT)
    sent.on('socket', (socket) => socket.setKeepAlive(true, 30_000))
    sent.on('error', (cause) => {
      clearTimeout(deadline)
      reject(new ClusterError(`the API server does not answer: ${cause.message}`, undefined, cause))
    })
    sent.end(body)
  })
}

async function refusalOf(path: string, response: IncomingMessage): Promise<ClusterError> {
  const text = await textOf(response, MAX_ANSWER).catch(() => '')
  const { message } = (parsed(text) ?? {}) as { readonly message?: unknown }
  const reason = typeof message === 'string' ? message : text
  const { statusCode = 0 } = response
  const [asked = ''] = path.split('?')
  return new ClusterError(`${asked}: ${statusCode} ${reason.slice(0, MAX_REASON).trim()}`, statusCode)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

async function textOf(response: IncomingMessage, limit: number): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > limit) throw new ClusterError(`an answer of more than ${limit} bytes`, TOO_LARGE)
      pieces.push(piece)
    }
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause
    throw new ClusterError(`the API server’s answer broke off: ${(cause as Error).message}`, undefined, cause)
  }
  return Buffer.concat(pieces, length).toString('utf8')
}
