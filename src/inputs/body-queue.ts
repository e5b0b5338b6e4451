import { hash } from 'node:crypto'
import type { Chunk, Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { InputBatch, Resume } from './input.ts'

/** What a body holds, or what it holds of one resource: a stream. */
export type BodyPart = Pick<Chunk, 'resource' | 'messages'> & { readonly bytes: Buffer }

/** A body that was read whole and waits to be committed. */
export interface WaitingBody {
  readonly stream: string
  /** Who sent it, for people. */
  readonly sender: string
  /** One at least. */
  readonly parts: readonly BodyPart[]
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
  /** A connection was cut because there were too many, at this time (ms). */
  crowded(at: number): void
  /** How long the oldest body has waited by then, ms; 0 where none does. */
  waited(now: number): number
  /** Resolves when something waits, or the signal aborts. */
  filled(signal: AbortSignal): Promise<void>
  /** The next bodies, so many bytes of them or a single one, as one batch. */
  take(bytes: number, resume: Resume): InputBatch
}

export function createBodyQueue(about: string): BodyQueue {
  let bodies: WaitingBody[] = []
  let failures = new Map<string, CountedFailure>()
  let pressure: Interval | undefined
  let crowd: Interval | undefined
  let isCrowdDue = false
  let wake = (): void => {}
  const isEmpty = (): boolean => bodies.length + failures.size === 0 && !isCrowdDue
  return {
    push(body) {
      bodies.push(body)
      wake()
    },
    fail(sender, reason) {
      const isNamed = failures.size < MAX_FAILURES || failures.has(`${sender}\n${reason}`)
      const stream = isNamed ? `${about} (${sender})` : about
      const key = isNamed ? `${sender}\n${reason}` : reason
      failures.set(key, { stream, reason, count: (failures.get(key)?.count ?? 0) + 1 })
      wake()
    },
    refused(at) {
      pressure = { since: pressure?.since ?? at, until: at }
    },
    crowded(at) {
      // strangers do not choose how often something is committed
      if (crowd === undefined) {
        const due = setTimeout(() => {
          isCrowdDue = true
          wake()
        }, CROWD_DUE)
        due.unref()
      }
      crowd = { since: crowd?.since ?? at, until: at }
    },
    waited: (now) => (bodies[0] === undefined ? 0 : now - bodies[0].at),
    async filled(signal) {
      while (isEmpty() && !signal.aborted) {
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
        length += lengthOf(bodies[count]?.parts ?? [])
      const taken = bodies.slice(0, count)
      const batch = batchOf(about, taken, resume)
      const unreadable = [...failures.values(), ...batch.unreadable]
      const findings = pressure === undefined ? [] : [boundFinding(about, pressure, PRESSURE)]
      if (isCrowdDue && crowd !== undefined) {
        findings.push(boundFinding(about, crowd, CROWD))
        crowd = undefined
        isCrowdDue = false
      }
      bodies = bodies.slice(count)
      failures = new Map()
      pressure = undefined
      return { ...batch, unreadable, findings }
    },
  }
}

export function lengthOf(parts: readonly BodyPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

interface Interval {
  readonly since: number
  readonly until: number
}

interface CountedFailure {
  readonly stream: string
  readonly reason: string
  readonly count: number
}

/** Senders with certificates may have any number of names: so many, with a reason each, are told apart in a batch. */
const MAX_FAILURES = 1_000
/** So long after connections were cut it is told, ms. */
const CROWD_DUE = 1_000

/** A stream is named by what was sent, so that it has the same name, and its events the same ids, when sent again. */
export function bodyStream(identity: readonly string[], bytes: Uint8Array): string {
  return `http:${digest(...identity, hash('sha256', bytes, 'hex'))}`
}

function batchOf(about: string, bodies: readonly WaitingBody[], resume: Resume): InputBatch {
  const chunks: Chunk[] = []
  const unreadable: { stream: string; reason: string }[] = []
  const answers: (() => void)[] = []
  const here = new Set<string>()
  const isRepeated = (stream: string): boolean => here.has(stream) || resume.offset(stream) !== undefined
  for (const { stream: first, sender, parts, broken, committed } of bodies) {
    const repeated = isRepeated(first)
    const path = `${about} (${sender})`
    for (const [n, part] of parts.entries()) {
      const stream = n === 0 ? first : `${first}/${n}`
      const again = isRepeated(stream)
      here.add(stream)
      chunks.push({
        stream,
        path,
        offset: 0,
        ...part,
        end: true,
        whole: true,
        ...(again && { repeated: again }),
      })
    }
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

const PRESSURE = {
  name: 'pressure',
  message:
    'more arrived than could be committed, and senders were told to come again; what one of them gave up was not seen',
} as const
const CROWD = {
  name: 'connections',
  message:
    'so many were connected that showed no token that connections were cut to make place; what a sender among them gave up was not seen',
} as const

/** Told once an hour: senders that do not come again have lost what they had. */
function boundFinding(
  about: string,
  { since, until }: Interval,
  bound: typeof PRESSURE | typeof CROWD,
): Finding {
  return {
    id: digest('bound-reached', about, bound.name, String(Math.floor(since / 3_600_000))),
    kind: 'bound-reached',
    about,
    since,
    until,
    message: bound.message,
  }
}
