import { Agent, request as httpRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The audit webhook backend of an API server, as it behaves on the wire: an EventList (its items without kind and
 * apiVersion, as Go prints them), POSTed with `timeout` in the query, a Bearer token and 30 s of patience; any error
 * is tried again five times with growing intervals, and an answer with Retry-After within the same try. See
 * staging/src/k8s.io/apiserver/pkg/util/webhook/webhook.go and client-go's rest/request.go.
 */
export interface AuditWebhook {
  /** Resolves when it is taken or given up. */
  send(list: string): Promise<Sent>
  close(): void
}

export interface Sent {
  readonly taken: boolean
  readonly attempts: number
  /** From the first byte of the request that was taken to its answer, ms. */
  readonly latency: number
  /** Of each answer, in order; 0 where there was none. */
  readonly statuses: readonly number[]
}

export interface AuditWebhookOptions {
  readonly url: string
  readonly token: string
  readonly ca?: string
  /** ms; the API server's own is 10 s. */
  readonly initialBackoff?: number
  readonly tries?: number
}

const TIMEOUT = 30_000

export function createAuditWebhook(options: AuditWebhookOptions): AuditWebhook {
  const { url, token, ca, initialBackoff = 10_000, tries = 5 } = options
  const isTls = url.startsWith('https:')
  const agent = isTls ? new TlsAgent({ keepAlive: true, ca }) : new Agent({ keepAlive: true })
  const post = (list: string): Promise<{ status: number; retryAfter: number }> =>
    new Promise((resolve) => {
      const body = Buffer.from(list)
      const nothing = (): void => resolve({ status: 0, retryAfter: 0 })
      const request = (isTls ? tlsRequest : httpRequest)(
        new URL('/?timeout=30s', url),
        {
          method: 'POST',
          agent,
          signal: AbortSignal.timeout(TIMEOUT),
          headers: {
            accept: 'application/json, */*',
            'content-type': 'application/json',
            'content-length': body.length,
            'user-agent': 'kube-apiserver/v1.33.4 (linux/amd64) kubernetes/74cdb42',
            authorization: `Bearer ${token}`,
          },
        },
        (response) => {
          response.resume()
          response.on('error', nothing)
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              retryAfter: Number(response.headers['retry-after'] ?? 0),
            }),
          )
        },
      )
      request.on('error', nothing)
      request.end(body)
    })

  return {
    async send(list) {
      const statuses: number[] = []
      let backoff = initialBackoff
      for (let attempt = 1; attempt <= tries; attempt += 1) {
        const start = performance.now()
        let asked = start
        let answer = await post(list)
        statuses.push(answer.status)
        for (let again = 0; again < 10 && answer.retryAfter > 0 && asksToWait(answer.status); again += 1) {
          if (performance.now() - start > TIMEOUT) break
          await sleep(answer.retryAfter * 1_000)
          asked = performance.now()
          answer = await post(list)
          statuses.push(answer.status)
        }
        if (answer.status >= 200 && answer.status < 300)
          return { taken: true, attempts: statuses.length, latency: performance.now() - asked, statuses }
        if (attempt < tries) await sleep(backoff * (1 + Math.random() * 0.2))
        backoff *= 1.5
      }
      return { taken: false, attempts: statuses.length, latency: Number.NaN, statuses }
    },
    close: () => agent.destroy(),
  }
}

function asksToWait(status: number): boolean {
  return status === 429 || status >= 500
}

/** The list in which an API server sends these records, each a line of its log. */
export function eventList(lines: readonly string[]): string {
  const items = lines.map((line) => line.replace('{"kind":"Event","apiVersion":"audit.k8s.io/v1",', '{'))
  return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(',')}]}\n`
}
