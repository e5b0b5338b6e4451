import type { IncomingMessage } from 'node:http'
import type { Tokens } from './http-tokens.ts'
import { certificateOf } from './tls-files.ts'

/**
 * Who sends: the name of the token that the request shows, or of its client certificate; undefined for a stranger.
 * Not every sender can set a header, so that a token counts wherever it stands: a header `Authorization` (Bearer,
 * or the password of Basic, which is where `https://name:token@host` goes), Firehose's own header, or the query.
 */
export function senderOf(request: IncomingMessage, tokens: Tokens): string | undefined {
  return certificateOf(request.socket) ?? tokens.senderOf(secretsOf(request))
}

function secretsOf({ headers, url = '' }: IncomingMessage): readonly string[] {
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))) : undefined
  const shown = [
    bearerOf(headers.authorization),
    passwordOf(headers.authorization),
    headers['x-amz-firehose-access-key'],
    query?.get('token'),
  ]
  return shown.filter((secret): secret is string => typeof secret === 'string' && secret !== '')
}

function bearerOf(authorization = ''): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
}

function passwordOf(authorization = ''): string | undefined {
  const encoded = /^Basic +(\S+) *$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}
