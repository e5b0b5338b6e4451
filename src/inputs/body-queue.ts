import { hash } from 'node:crypto'
import type { Chunk, Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { InputBatch, Resume } from './input.ts'

/** A body that was read whole and waits to be committed. */
export interface WaitingBody {
  readonly stream: string
  /** Who sent it, for people. */
  readonly sender: string
  readonly bytes: Buffer
  /** Why parts of it, or all of it, could not be read; one failure each. */
  readonly broken: readonly string[]
  /** When it was there, ms. */
  readonly at: number
  /** Called after the commit. `repeated`: it had been committed before. */
  readonly committed: (repeated: boolean) => void
}

/** Bodies in the order in which they arrived. */
export interface BodyQueue {
  push(body: WaitingBody): void
  /** A request without a body that could be read; one failure. */
  fail(sender: string, reason: string): void
  /** Somebody had to be told to come again, at this time (ms). */
  refused(at: number): void
  /** How long the oldest body has waited by then, ms; 0 where none does. */
  waited(now: number): number
  /** Resolves when something waits, or the signal aborts. */
  filled(signal: AbortSignal): Promise<void>
  /** The next bodies, so many bytes of them or a single one, as one batch. */
  take(bytes: number, resume: Resume): InputBatch
}

export function createBodyQueue(about: string): BodyQueue {
  let bodies: WaitingBody[] = []
  let failures: { stream: string; reason: string }[] = []
  let pressure: { since: number; until: number } | undefined
  let wake = (): void => {}
  return {
    push(body) {
      bodies.push(body)
      wake()
    },
    fail(sender, reason) {
      if (failures.length < MAX_FAILURES) failures.push({ stream: `${about} (${sender})`, reason })
      wake()
    },
    refused(at) {
      pressure = { since: pressure?.since ?? at, until: at }
    },
    waited: (now) => (bodies[0] === undefined ? 0 : now - bodies[0].at),
    async filled(signal) {
      while (bodies.length + failures.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const stop = (): void => resolve()
          wake = () => {
            signal.removeEventListener('abort', stop)
            resolve()
          }
          signal.addEventListener('abort', stop, { once: true })
        })
      }
    },
    take(bytes, resume) {
      let [count, length] = [0, 0]
      for (; count < bodies.length && (count === 0 || length < bytes); count += 1)
        length += bodies[count]?.bytes.length ?? 0
      const taken = bodies.slice(0, count)
      const batch = batchOf(about, taken, resume)
      const unreadable = [...failures, ...batch.unreadable]
      const findings = pressure === undefined ? [] : [pressureFinding(about, pressure)]
      bodies = bodies.slice(count)
      failures = []
      pressure = undefined
      return { ...batch, unreadable, findings }
    },
  }
}

/** Refused requests cost nothing to make: what is beyond this, between two batches, is not counted. */
const MAX_FAILURES = 10_000

/** A stream is named by what was sent, so that it has the same name, and its events the same ids, when sent again. */
export function bodyStream(identity: readonly string[], bytes: Uint8Array): string {
  return `http:${digest(...identity, hash('sha256', bytes, 'hex'))}`
}

function batchOf(about: string, bodies: readonly WaitingBody[], resume: Resume): InputBatch {
  const chunks: Chunk[] = []
  const unreadable: { stream: string; reason: string }[] = []
  const answers: (() => void)[] = []
  const here = new Set<string>()
  for (const { stream, sender, bytes, broken, committed } of bodies) {
    const repeated = here.has(stream) || resume.offset(stream) !== undefined
    const path = `${about} (${sender})`
    here.add(stream)
    chunks.push({ stream, path, offset: 0, bytes, end: true, whole: true, ...(repeated && { repeated }) })
    if (!repeated) unreadable.push(...broken.map((reason) => ({ stream: path, reason })))
    answers.push(() => committed(repeated))
  }
  return {
    chunks,
    findings: [],
    unreadable,
    committed() {
      for (const answer of answers) answer()
    },
  }
}

/** Told once an hour: senders that do not come again have lost what they had. */
function pressureFinding(about: string, { since, until }: { since: number; until: number }): Finding {
  return {
    id: digest('bound-reached', about, 'pressure', String(Math.floor(since / 3_600_000))),
    kind: 'bound-reached',
    about,
    since,
    until,
    message:
      'more arrived than could be committed, and senders were told to come again; what one of them gave up was not seen',
  }
}
