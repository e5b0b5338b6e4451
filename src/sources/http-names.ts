import { known } from './json.ts'
import type { JsonObject } from './json.ts'

/** A request as a sensor on the network saw it; what it did not see is undefined. */
export interface HttpRequest {
  readonly method?: string | undefined
  readonly host?: string | undefined
  /** As it was sent: a path with its query, or to a proxy a whole address. */
  readonly uri?: string | undefined
  readonly version?: string | undefined
  readonly userAgent?: string | undefined
  readonly referrer?: string | undefined
  readonly user?: string | undefined
  readonly status?: number | undefined
  readonly contentType?: string | undefined
  readonly requestBytes?: unknown
  readonly responseBytes?: unknown
  readonly client?: string | undefined
  readonly server?: string | undefined
  readonly serverPort?: number | undefined
}

/**
 * The names that Sigma's taxonomy has for a request in the log of a proxy and of a web server
 * (https://sigmahq.io/docs/basics/log-sources.html). Public rules look for hosts and for paths in `c-uri`, and
 * for paths in `cs-uri-query`: the former is both the address with its host and what was sent, the latter all of it.
 */
export function httpNames(request: HttpRequest): JsonObject {
  const { uri, host } = request
  const { path, query, extension } = partsOf(uri)
  const isWhole = host === undefined || uri?.startsWith('/') !== true
  const address = uri === undefined ? undefined : isWhole ? [uri] : [`http://${host}${uri}`, uri]
  return known({
    'c-uri': address,
    'cs-uri': address,
    'c-uri-query': query,
    'c-uri-stem': path,
    'c-uri-extension': extension,
    'c-useragent': request.userAgent,
    'cs-user-agent': request.userAgent,
    'cs-method': request.method,
    'cs-host': host,
    'r-dns': host,
    'cs-referer': request.referrer,
    'cs-referrer': request.referrer,
    'cs-username': request.user,
    'cs-version': request.version,
    'cs-uri-stem': path,
    'cs-uri-query': uri,
    'sc-status': request.status,
    'sc-content-type': request.contentType,
    'cs-bytes': request.requestBytes,
    'sc-bytes': request.responseBytes,
    'c-ip': request.client,
    's-ip': request.server,
    's-port': request.serverPort,
    src_ip: request.client,
    dst_ip: request.server,
    dst_port: request.serverPort,
  })
}

function partsOf(uri: string | undefined): {
  readonly path?: string
  readonly query?: string
  readonly extension?: string
} {
  if (uri === undefined) return {}
  const mark = uri.indexOf('?')
  const path = (mark === -1 ? uri : uri.slice(0, mark)).replace(/^[a-z][a-z\d+.-]{0,15}:\/\/[^/]*/i, '')
  const extension = /\.([\w-]{1,16})$/.exec(path)?.[1]
  return {
    path,
    ...(mark !== -1 && { query: uri.slice(mark + 1) }),
    ...(extension !== undefined && { extension }),
  }
}
