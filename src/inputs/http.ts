import { setImmediate as nextTurn } from 'node:timers/promises'
import { UserError } from '../domain/errors.ts'
import { createBodyQueue } from './body-queue.ts'
import { listen } from './http-listener.ts'
import type { BodyLimits } from './http-body.ts'
import { createReception } from './http-reception.ts'
import { makeToken, openTokens, type TokenFile } from './http-tokens.ts'
import type { Input, InputBatch, Reach, Resume } from './input.ts'
import { createSenders } from './senders.ts'
import { tlsFileNames, type TlsFiles } from './tls-files.ts'
import { createWaitingBytes } from './waiting-bytes.ts'
import { watchFiles } from './watched-files.ts'

export interface HttpInputOptions {
  readonly name: string
  /** Address to listen on. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tls?: TlsFiles | undefined
  /** Who may send. Without any, one is made in `ownToken`. */
  readonly tokens: readonly TokenFile[]
  readonly ownToken: string
  /** In bytes; `waiting` is all that was let in and is not committed. */
  readonly limits: BodyLimits & { readonly waiting: number }
  /** One line for people. */
  readonly say: (line: string) => void
}

/** So much is committed at once, and then another input has its turn. */
const BATCH_BYTES = 4 * 1024 * 1024

/**
 * Telemetry that is sent by HTTP: an API server's audit webhook, Falco's HTTP output, Firehose, Pub/Sub, or whoever
 * POSTs JSON, NDJSON or lines of text. A sender hears of success after the commit, never before: what it did not
 * hear of it sends again. A body has no position, so that its stream is named by its content, and is one chunk; one
 * that was committed before is handed on as `repeated`. Of several that wait, some are committed together.
 *
 * Throws a UserError where it cannot listen, or a file of a token or of TLS is of no use.
 */
export function httpInput(options: HttpInputOptions): Input {
  const { name } = options
  const senders = createSenders()
  let reach: Reach = { kind: 'behind' }
  let waited = (): number => 0
  return {
    name,
    reach: () => (reach.kind === 'caught-up' ? { kind: 'caught-up', until: Date.now() - waited() } : reach),
    senders: () => senders.list(),
    async *read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const files = tokenFiles(options)
      const tokens = openTokens(files)
      const queue = createBodyQueue(name)
      const waiting = createWaitingBytes(boundsOf(options, files.length))
      const reception = createReception({ tokens, queue, waiting, limits: options.limits, senders })
      const listener = await listen(options, reception)
      const watched = [...files.map(({ file }) => file), ...tlsFileNames(options.tls)]
      const unwatch = watchFiles(watched, () => reread(options, [tokens, listener]))
      options.say(`${name}: takes telemetry at ${listener.url}; ${secretsIn(files, options.tls)}`)
      waited = () => queue.waited(Date.now())
      reach = { kind: 'caught-up', until: 0 }
      try {
        for (;;) {
          await queue.filled(signal)
          if (signal.aborted) return
          // bodies that arrive together are committed together
          await nextTurn()
          yield queue.take(BATCH_BYTES, resume)
        }
      } finally {
        reach = { kind: 'cut', since: Date.now() }
        unwatch()
        reception.stop()
        await listener.close()
      }
    },
  }
}

function tokenFiles({ name, tokens, ownToken, tls, say }: HttpInputOptions): readonly TokenFile[] {
  if (tokens.length > 0) return tokens
  if (tls?.clientCa !== undefined) return []
  if (makeToken(ownToken))
    say(`${name}: made a token that may write telemetry, and nothing else: ${ownToken}`)
  return [{ name, file: ownToken }]
}

/** Where there are several senders, none may take all the room; a single body of the largest size always finds it. */
function boundsOf(
  { limits, tls }: HttpInputOptions,
  tokens: number,
): { readonly total: number; readonly share: number } {
  const isAlone = tokens === 1 && tls?.clientCa === undefined
  const total = Math.max(limits.waiting, limits.body + limits.unpacked)
  return { total, share: isAlone ? total : Math.max(total / 2, limits.body + limits.unpacked) }
}

/** A file that is just being replaced may be of no use: what was read before holds until it is. */
function reread({ name, say }: HttpInputOptions, readers: readonly { readonly reread: () => void }[]): void {
  try {
    for (const reader of readers) reader.reread()
    say(`${name}: read its tokens and certificates again`)
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    say(`${name}: goes on with the tokens and certificates that it had: ${cause.message}`)
  }
}

function secretsIn(files: readonly TokenFile[], tls: TlsFiles | undefined): string {
  const names = files.map(({ file }) => file).join(', ')
  if (tls?.clientCa === undefined) return `senders show the token in ${names}`
  const certificates = `a certificate of ${tls.clientCa}`
  return files.length === 0
    ? `senders show ${certificates}`
    : `senders show ${certificates}, or the token in ${names}`
}
