import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAuthority } from './certificates.ts'

type Json = Readonly<Record<string, unknown>>

/** A request as the server saw it. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly accept: string
  readonly token: string
  readonly body: string
}

/** A watch that is open. */
interface Watcher {
  readonly path: string
  readonly metadataOnly: boolean
  readonly response: ServerResponse
}

/**
 * *Simulated*: an API server as far as lists and watches of it are documented
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/): versions, pages, bookmarks, 410, 403, metadata of
 * objects instead of objects, and bearer tokens, through TLS. No real one can run where the tests do.
 */
export interface KubernetesServer {
  readonly asked: Asked[]
  /** Tokens that it takes. */
  readonly tokens: Set<string>
  /** Paths of resources that may not be seen. */
  readonly forbidden: Set<string>
  /** Adds, changes or removes an object of a resource (`/api/v1/pods`), and tells those who watch. */
  put(path: string, object: Json): void
  remove(path: string, uid: string): void
  /** All watches of a resource get these bytes as they are. */
  write(path: string, bytes: string | Uint8Array): void
  /** Cuts the connections of those who watch a resource. */
  cut(path: string): void
  bookmark(path: string): void
  /** Versions before now are no longer known. */
  compact(): void
  watching(path: string): number
  /** Answers requests of its own; undefined leaves them to the server. */
  answer: (asked: Asked) => { readonly status: number; readonly json: unknown } | undefined
  /** A kubeconfig that reaches it with the token in a file. */
  kubeconfig(folder: string, token: string): { readonly file: string; readonly tokenFile: string }
  /** It is away for a moment, and comes back with its store, or with an empty one that counts from the beginning. */
  restart(store: 'kept' | 'lost'): Promise<void>
  stop(): Promise<void>
}

export async function startKubernetesServer(folder: string): Promise<KubernetesServer> {
  const authority = createAuthority(folder, 'cluster-ca')
  const { cert, key } = authority.issue('apiserver')
  const objects = new Map<string, Map<string, Json>>()
  const history: { readonly version: number; readonly path: string; readonly change: Json }[] = []
  const watchers = new Set<Watcher>()
  let version = 100
  let oldest = 0

  const of = (path: string): Map<string, Json> => {
    const known = objects.get(path) ?? new Map<string, Json>()
    objects.set(path, known)
    return known
  }
  const note = (path: string, type: string, object: Json): void => {
    const change = { type, object }
    history.push({ version, path, change })
    for (const watcher of watchers) if (watcher.path === path) tell(watcher, change)
  }
  const versioned = (object: Json): Json => {
    version += 1
    return { ...object, metadata: { ...(object['metadata'] as Json), resourceVersion: String(version) } }
  }

  const server: KubernetesServer = {
    asked: [],
    tokens: new Set(),
    forbidden: new Set(),
    answer: () => undefined,
    put(path, object) {
      const known = of(path)
      const uid = String((object['metadata'] as Json)['uid'])
      const type = known.has(uid) ? 'MODIFIED' : 'ADDED'
      const stored = versioned(object)
      known.set(uid, stored)
      note(path, type, stored)
    },
    remove(path, uid) {
      const known = of(path).get(uid)
      if (known === undefined) throw new Error(`no ${uid} among ${path}`)
      of(path).delete(uid)
      note(path, 'DELETED', versioned(known))
    },
    write(path, bytes) {
      for (const watcher of watchers) if (watcher.path === path) watcher.response.write(bytes)
    },
    cut(path) {
      for (const watcher of watchers) if (watcher.path === path) watcher.response.destroy()
    },
    bookmark(path) {
      version += 1
      for (const watcher of watchers)
        if (watcher.path === path)
          tell(watcher, {
            type: 'BOOKMARK',
            object: { metadata: { resourceVersion: String(version), creationTimestamp: null } },
          })
    },
    compact() {
      version += 1
      oldest = version
      history.length = 0
    },
    watching: (path) => [...watchers].filter((watcher) => watcher.path === path).length,
    kubeconfig(into, token) {
      const tokenFile = join(into, 'token')
      writeFileSync(tokenFile, token)
      const { port } = listener.address() as AddressInfo
      const file = join(into, 'kubeconfig')
      const ca = readFileSync(authority.cert).toString('base64')
      writeFileSync(
        file,
        `apiVersion: v1
kind: Config
current-context: test
clusters:
  - { name: test, cluster: { server: 'https://127.0.0.1:${port}', certificate-authority-data: ${ca} } }
contexts:
  - { name: test, context: { cluster: test, user: tallyman } }
users:
  - { name: tallyman, user: { auth-provider: { name: tokenFile, config: { tokenFile: ${JSON.stringify(tokenFile)} } } } }
`,
      )
      return { file, tokenFile }
    },
    async restart(store) {
      const { port } = listener.address() as AddressInfo
      await server.stop()
      if (store === 'lost') {
        objects.clear()
        history.length = 0
        version = 1
        oldest = 0
      }
      listener.listen(port, '127.0.0.1')
      await once(listener, 'listening')
    },
    async stop() {
      listener.closeAllConnections()
      await new Promise((resolve) => listener.close(resolve))
    },
  }

  const list = (path: string, url: URL, metadataOnly: boolean): { status: number; json: Json } => {
    const items = [...of(path).values()]
    const limit = Number(url.searchParams.get('limit') ?? items.length)
    const [from = 0, at = version] = (url.searchParams.get('continue') ?? '')
      .split('@')
      .flatMap((part) => (part === '' ? [] : [Number(part)]))
    if (at < oldest) return statusOf(410, 'Expired', 'the provided continue parameter is too old')
    const page = items.slice(from, from + limit)
    const next = from + limit < items.length ? `${from + limit}@${at}` : ''
    return {
      status: 200,
      json: {
        kind: metadataOnly ? 'PartialObjectMetadataList' : `${kindOf(items[0])}List`,
        apiVersion: metadataOnly ? 'meta.k8s.io/v1' : 'v1',
        metadata: { resourceVersion: String(at), ...(next !== '' && { continue: next }) },
        items: page.map((item) => (metadataOnly ? metadataOf(item) : unnamed(item))),
      },
    }
  }
  const watch = (path: string, url: URL, metadataOnly: boolean, response: ServerResponse): void => {
    const since = Number(url.searchParams.get('resourceVersion'))
    response.writeHead(200, { 'content-type': 'application/json' })
    const watcher = { path, metadataOnly, response }
    if (since < oldest) {
      const { json } = statusOf(410, 'Expired', `too old resource version: ${since} (${oldest})`)
      response.end(`${JSON.stringify({ type: 'ERROR', object: json })}\n`)
      return
    }
    response.flushHeaders()
    for (const past of history) if (past.path === path && past.version > since) tell(watcher, past.change)
    watchers.add(watcher)
    response.on('close', () => watchers.delete(watcher))
  }
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'https://server')
    const path = url.pathname
    const body = await bodyOf(request)
    const { accept = '', authorization = '' } = request.headers
    const token = authorization.replace('Bearer ', '')
    const asked = { method: request.method ?? '', path: request.url ?? '', accept, token, body }
    server.asked.push(asked)
    const metadataOnly = accept.includes('as=PartialObjectMetadata')
    const isWatch = url.searchParams.get('watch') === '1'
    const own = server.tokens.has(token) ? server.answer(asked) : undefined
    if (own === undefined && server.tokens.has(token) && isWatch && !server.forbidden.has(path))
      return watch(path, url, metadataOnly, response)
    const { status, json } = !server.tokens.has(token)
      ? statusOf(401, 'Unauthorized', 'Unauthorized')
      : (own ??
        (server.forbidden.has(path)
          ? statusOf(403, 'Forbidden', `${path} is forbidden: User "tallyman" cannot list it`)
          : list(path, url, metadataOnly)))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
  }
  const listener = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    response.on('error', () => {})
    void respond(request, response)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return server
}

export function statusOf(code: number, reason: string, message: string): { status: number; json: Json } {
  return {
    status: code,
    json: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code },
  }
}

function tell({ response, metadataOnly }: Watcher, change: Json): void {
  const object = change['object'] as Json
  const told =
    metadataOnly && change['type'] !== 'BOOKMARK' ? { ...change, object: metadataOf(object) } : change
  response.write(`${JSON.stringify(told)}\n`)
}

function kindOf(object: Json | undefined): string {
  const { kind } = object ?? {}
  return typeof kind === 'string' ? kind : 'Unknown'
}

function metadataOf({ metadata }: Json): Json {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}

/** Items of a list of one kind do not say what they are. */
function unnamed({ kind: _kind, apiVersion: _version, ...rest }: Json): Json {
  return rest
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request as AsyncIterable<Buffer>) text += piece.toString()
  return text
}
