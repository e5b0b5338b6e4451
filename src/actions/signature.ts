import { createHmac } from 'node:crypto'

/**
 * The headers of Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, one
 * signature for each secret, so that a receiver can hold either while they are exchanged.
 */
export function signatureHeaders(parts: {
  readonly id: string
  /** ms. */
  readonly at: number
  readonly body: string
  readonly secrets: readonly Buffer[]
}): Readonly<Record<string, string>> {
  const { id, at, body, secrets } = parts
  const timestamp = String(Math.floor(at / 1_000))
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
  }
}

/** `whsec_` and base64 of 24 to 64 bytes. Throws where it is none; the message does not hold it. */
export function parseSecret(line: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(line)?.[1] ?? ''
  const secret = Buffer.from(encoded, 'base64')
  if (secret.length < 24 || secret.length > 64) {
    throw new Error('a line of it is not whsec_ followed by base64 of 24 to 64 bytes')
  }
  return secret
}
