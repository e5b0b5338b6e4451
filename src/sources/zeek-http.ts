import { servedBy } from './events.ts'
import { httpNames } from './http-names.ts'
import { textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, dottedMember, isOfLog, type ZeekLog } from './zeek-record.ts'

/** https://docs.zeek.org/en/current/logs/http.html */
const HTTP: ZeekLog = {
  source: 'zeek.http',
  logsource: Object.freeze({
    product: 'zeek',
    service: 'http',
    // on the wire it is one and the same
    also: [{ category: 'proxy' }, { category: 'webserver' }],
  }),
  paths: ['http', 'open_http'],
  spelling: CONNECTION_SPELLING,
  looks: (json) =>
    dottedMember(json, 'id.orig_h') !== undefined &&
    'trans_depth' in json &&
    ('method' in json || 'status_code' in json || 'request_body_len' in json),
  identity: ({ uid }) => textOf(uid),
  names,
}

/** Requests to web servers, and how they were answered. */
export const zeekHttp = defineSource({
  name: 'zeek.http',
  title: 'Zeek http.log',
  serves: servedBy([HTTP.logsource]),
  recognise: ({ json }) => isOfLog(HTTP, json),
  decoder: () => ({ decode: (record) => decodeEntry(HTTP, record), checkpoint: () => undefined }),
})

function names(entry: JsonObject): JsonObject {
  const port = entry['id.resp_p']
  const status = entry['status_code']
  return httpNames({
    method: textOf(entry['method']),
    host: textOf(entry['host']),
    uri: textOf(entry['uri']),
    version: textOf(entry['version']),
    userAgent: textOf(entry['user_agent']),
    referrer: textOf(entry['referrer']),
    user: textOf(entry['username']),
    status: typeof status === 'number' ? status : undefined,
    contentType: textsOf(entry['resp_mime_types'])[0],
    requestBytes: entry['request_body_len'],
    responseBytes: entry['response_body_len'],
    client: textOf(entry['id.orig_h']),
    server: textOf(entry['id.resp_h']),
    serverPort: typeof port === 'number' ? port : undefined,
  })
}
