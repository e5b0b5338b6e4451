import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chunk, Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { httpGet } from './http-get.ts'
import type { Input, InputBatch, Resume } from './input.ts'

export interface PrometheusInputOptions {
  readonly name: string
  /** Each answers with metrics. */
  readonly urls: readonly string[]
  /** From one scrape of a URL to the next, and for how long an answer is waited for, ms. */
  readonly interval: number
  readonly timeout: number
  /** File of the bearer token; read for each scrape, because tokens are renewed. */
  readonly tokenFile?: string | undefined
  /** PEM file of the authorities that are believed; the system's unless told. */
  readonly caFile?: string | undefined
  /** Of an answer, in bytes. */
  readonly limit: number
}

/** When each URL was scraped last, ms. */
type Scraped = Readonly<Record<string, number>>

/** So many are asked at once. */
const AT_ONCE = 4
const ACCEPT = 'text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5'
const METRICS = /^(?:text\/plain|application\/openmetrics-text)\s*(?:;|$)/i

/**
 * Scrapes exporters of Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/) again
 * and again. An answer is a stream of its own, and its records are of when it came. From the last scrape of a URL to
 * the next that succeeds nothing was measured: that is one `unobserved-interval`, which grows, also over restarts.
 */
export function prometheusInput(options: PrometheusInputOptions): Input {
  const { name, urls, interval } = options
  let asking: number | undefined
  return {
    name,
    // measurements are of when they were asked for
    reach: () => ({ kind: 'caught-up', until: asking ?? Date.now() }),
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      let scraped = scrapedOf(resume.checkpoint, urls)
      const failing = new Map<string, number>()
      while (!signal.aborted) {
        const begun = Date.now()
        for (let at = 0; at < urls.length && !signal.aborted; at += AT_ONCE) {
          asking = Date.now()
          const some = urls.slice(at, at + AT_ONCE)
          const scrapes = await Promise.all(some.map((url) => scrape(url, options, signal)))
          if (signal.aborted) break
          const findings: Finding[] = []
          const chunks: Chunk[] = []
          for (const { url, at: time, chunk, reason } of scrapes) {
            const last = scraped[url]
            const isLate = last !== undefined && time - last > 2 * interval + options.timeout
            if (chunk === undefined) {
              const since = failing.get(url) ?? last ?? time
              failing.set(url, since)
              findings.push(unmeasured(name, url, { since, until: time }, reason))
              continue
            }
            const since = failing.get(url) ?? (isLate ? last : undefined)
            if (since !== undefined)
              findings.push(
                unmeasured(name, url, { since, until: time }, 'it was not asked, or did not answer'),
              )
            failing.delete(url)
            scraped = { ...scraped, [url]: time }
            chunks.push(chunk)
          }
          yield { chunks, findings, unreadable: [], checkpoint: { scraped } }
          asking = undefined
        }
        asking = undefined
        const pause = Math.max(0, begun + interval - Date.now())
        await sleep(pause, undefined, { signal }).catch(() => {})
      }
    },
  }
}

interface Scrape {
  readonly url: string
  /** When it was answered, or known that it would not be, ms. */
  readonly at: number
  readonly chunk?: Chunk
  readonly reason: string
}

async function scrape(
  url: string,
  { name, timeout, tokenFile, caFile, limit }: PrometheusInputOptions,
  signal: AbortSignal,
): Promise<Scrape> {
  const failed = (reason: string): Scrape => ({ url, at: Date.now(), reason })
  const token = secretOf(tokenFile)
  const ca = fileOf(caFile)
  if (token === 'unreadable') return failed('the file of its token cannot be read')
  if (ca === 'unreadable') return failed('the file of its authorities cannot be read')
  const headers = { accept: ACCEPT, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const got = await httpGet(url, { headers, ca, timeout, limit, signal })
  if (got.kind === 'failed') return failed(got.reason)
  if (got.status !== 200) return failed(`it answered ${got.status}`)
  if (!METRICS.test(got.type)) return failed('its answer is not in the text format of Prometheus')
  if (got.bytes.length === 0) return failed('its answer is empty')
  const at = Date.now()
  const stream = `scrape:${digest(name, url, String(at))}`
  const path = `${name} (${url})`
  return {
    url,
    at,
    reason: '',
    chunk: { stream, path, offset: 0, bytes: got.bytes, at, end: true, whole: true },
  }
}

/** The same finding as long as the URL is not measured: its interval grows. */
function unmeasured(
  about: string,
  url: string,
  { since, until }: { readonly since: number; readonly until: number },
  reason: string,
): Finding {
  return {
    id: digest('not-scraped', about, url, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until,
    message: `${url} was not scraped: ${reason}`,
  }
}

/** Of URLs that are no longer asked nothing is kept. */
function scrapedOf(checkpoint: unknown, urls: readonly string[]): Scraped {
  const { scraped } = (checkpoint ?? {}) as { readonly scraped?: Scraped }
  return Object.fromEntries(
    urls.flatMap((url) => {
      const time = scraped !== undefined && Object.hasOwn(scraped, url) ? scraped[url] : undefined
      return typeof time === 'number' ? [[url, time]] : []
    }),
  )
}

function fileOf(file: string | undefined): Buffer | 'unreadable' | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file)
  } catch {
    return 'unreadable'
  }
}

/** A token of one line. */
function secretOf(file: string | undefined): string | undefined {
  const text = fileOf(file)?.toString('utf8').trim()
  return text === undefined || /^[\x21-\x7e]{1,16384}$/.test(text) ? text : 'unreadable'
}
