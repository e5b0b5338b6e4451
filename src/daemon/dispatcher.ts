import type { ActionResult } from '../actions/action.ts'
import type { Notification } from '../domain/notice.ts'
import type { OutboxReader, OutboxWriter } from '../store/outbox.ts'
import type { Clock } from './clock.ts'
import { LONGEST_PAUSE, nextStep, pauseAfter } from './next-step.ts'
import type { Sink } from './sink.ts'

/** One attempt, ms. */
const ATTEMPT_TIMEOUT = 15_000
/** An attempt under way when the daemon stops may end, ms. */
const GRACE = 2_000
/** Without anything to do a lane looks again after this, ms. */
const IDLE = 3_600_000
/**
 * A receiver that answers each time, and each time with a failure, may do so for the sake of this one message: after
 * so many attempts the next one is tried before it.
 */
const SUSPICIOUS = 12
/** What was delivered is kept so long, ms; `forgetDelivered` bounds the number. */
const KEPT = 14 * 86_400_000
const HOUR = 3_600_000
/** Between two parts of what is given up or forgotten, ms: alerts go first. */
const BREATH = 1_000

export interface DispatcherParts {
  /** On the connection that writes. */
  readonly outbox: OutboxReader & OutboxWriter
  readonly sinks: readonly Sink[]
  /** Where people reach the console, without a slash at the end. */
  readonly console: () => string
  readonly clock: Clock
  readonly random: () => number
  readonly say: (line: string) => void
}

export interface Dispatcher {
  /** There may be something to send. */
  readonly wake: () => void
  /** The same for one sink, also where it is left alone because it failed: somebody asked for it. */
  readonly again: (sink: string) => void
  /** When each sink has what can be sent now. */
  readonly settled: () => Promise<void>
  /** Ends; what is under way may end within a moment, else it is sent again after the next start. */
  readonly stop: () => Promise<void>
}

/**
 * Sends what is in the outbox: each sink on its own and in order, one attempt at a time. What is delivered is marked
 * after the receiver said so: a crash in between sends it again, with the same key.
 */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { outbox, sinks, clock } = parts
  const stopping = new AbortController()
  const cut = new AbortController()
  const known = sinks.map(({ name }) => name)
  for (const name of known) outbox.hurry(name, clock.now())
  const lanes = sinks.map((sink) => createLane(sink, parts, stopping.signal, cut.signal))
  const running = lanes.map((lane) => lane.run())
  void tidy(known, parts, stopping.signal)
  return {
    wake: () => lanes.forEach((lane) => lane.wake(false)),
    again(sink) {
      if (!known.includes(sink)) return
      outbox.hurry(sink, clock.now())
      lanes[known.indexOf(sink)]?.wake(true)
    },
    async settled() {
      await Promise.all(lanes.map((lane) => lane.settled()))
    },
    async stop() {
      stopping.abort()
      const patience = new AbortController()
      const late = clock.wait(GRACE, patience.signal).then(() => cut.abort())
      await Promise.all(running)
      patience.abort()
      await late
    },
  }
}

interface Lane {
  readonly run: () => Promise<void>
  readonly wake: (force: boolean) => void
  readonly settled: () => Promise<void>
}

function createLane(sink: Sink, parts: DispatcherParts, stopping: AbortSignal, cut: AbortSignal): Lane {
  const { outbox, clock, random, say } = parts
  const { name, giveUpAfter } = sink
  let [failures, paused] = [0, 0]
  let [woken, idle] = [false, false]
  let nap = new AbortController()
  let waiting: (() => void)[] = []

  const rest = async (until: number | undefined): Promise<void> => {
    if (woken || stopping.aborted) return
    idle = true
    for (const tell of waiting) tell()
    waiting = []
    nap = new AbortController()
    const wait = Math.min(IDLE, Math.max(1, (until ?? Infinity) - clock.now()))
    await clock.wait(wait, AbortSignal.any([nap.signal, stopping]))
    idle = false
  }

  const reached = (): void => {
    if (failures > 0) say(`${name} is reached again, after ${failures} attempts that failed`)
    failures = 0
    paused = 0
  }

  const failed = (
    { id, attempts }: Notification,
    since: number,
    { reason, answered, retryAfter, receivers }: Extract<ActionResult, { kind: 'failed' }>,
  ): void => {
    const now = clock.now()
    let next = now + pauseAfter(attempts + 1, retryAfter, random)
    if (receivers === undefined) {
      failures += 1
      if (failures === 1) say(`cannot tell ${name}, tried again: ${reason}`)
      paused = now + pauseAfter(failures, retryAfter, random)
      next = answered && attempts + 1 >= SUSPICIOUS ? paused + LONGEST_PAUSE : paused
    } else {
      // The way is open, and some have it: the rest of this one holds nothing up.
      reached()
      if (attempts === 0) say(`${name}: tried again for some of its receivers: ${reason}`)
    }
    if (now - since < giveUpAfter) {
      outbox.postponed(id, next, reason, receivers)
      return
    }
    outbox.died(id, now, reason)
    const old = outbox.expire(name, now - giveUpAfter, now, reason)
    say(`gave up on ${old + 1} for ${name}: see 'tallyman notify list --state dead'`)
  }

  const settle = (notification: Notification, since: number, result: ActionResult): void => {
    const { id } = notification
    if (result.kind === 'failed') {
      failed(notification, since, result)
      return
    }
    reached()
    if (result.kind === 'done') {
      outbox.delivered(id, clock.now())
      if (result.warning !== undefined) say(`${name}: ${result.warning}`)
    } else {
      outbox.died(id, clock.now(), result.reason)
      say(`${name} refused: ${result.reason}; see 'tallyman notify list --state dead'`)
    }
  }

  const attempt = async (notification: Notification, since: number): Promise<void> => {
    const { key, notice, receivers } = notification
    const signal = AbortSignal.any([cut, AbortSignal.timeout(ATTEMPT_TIMEOUT)])
    const delivery = { key, notice, console: parts.console(), receivers }
    const result = await sink.deliver(delivery, { signal, now: clock.now })
    if (cut.aborted && result.kind === 'failed') return
    settle(notification, since, result)
  }

  const step = async (): Promise<void> => {
    woken = false
    const now = clock.now()
    const { over, within } = sink.digest
    const state = outbox.outboxState(name, { now, within, atMost: over + 1 })
    const next = nextStep(state, { now, paused, over, within })
    if (next.kind === 'send') await attempt(next.notification, next.since)
    else if (next.kind === 'gather') outbox.gather(name, now)
    else await rest(next.until)
  }

  return {
    async run() {
      while (!stopping.aborted) {
        try {
          await step()
        } catch (cause) {
          // The store refuses: it says so to the loop too, and the outbox stays as it was.
          say(`cannot use the outbox of ${name}: ${String(cause)}`)
          paused = clock.now() + LONGEST_PAUSE
          await rest(paused)
        }
      }
      for (const tell of waiting) tell()
    },
    wake(force) {
      if (force) paused = 0
      else if (paused > clock.now()) return
      woken = true
      nap.abort()
    },
    settled() {
      if (stopping.aborted || (idle && !woken)) return Promise.resolve()
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
}

async function tidy(
  known: readonly string[],
  { outbox, clock, say }: DispatcherParts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let more = false
    try {
      const now = clock.now()
      const abandoned = outbox.abandon(known, now, 'the configuration has no sink of this name any more')
      if (abandoned > 0)
        say(`${abandoned} notifications are for sinks that are not configured: see 'tallyman notify list'`)
      more = outbox.forgetDelivered(now - KEPT) || abandoned > 0
    } catch (cause) {
      say(`cannot tidy the outbox: ${String(cause)}`)
    }
    await clock.wait(more ? BREATH : HOUR, signal)
  }
}
