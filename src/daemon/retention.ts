import { noticesOf } from '../engine/notices.ts'
import type { Finding } from '../domain/event.ts'
import type { OutboxEntry, Route } from '../domain/notice.ts'
import type { RetentionBounds, RetentionWriter } from '../store/retention.ts'
import type { Clock } from './clock.ts'

/** Between two parts of a pass, in which batches are committed, and between two passes; ms. */
const BREATH = 50
const PAUSE = 5 * 60_000

export interface RetentionParts {
  /** On the connection that writes: a part runs between two batches. */
  readonly store: RetentionWriter
  readonly bounds: RetentionBounds
  readonly routes: readonly Route[]
  readonly clock: Clock
  readonly say: (line: string) => void
  /** Sinks may have something to be told. */
  readonly wake: () => void
}

/** Removes what is old until the signal aborts, and says what it removed. */
export async function keepRetention(parts: RetentionParts, signal: AbortSignal): Promise<void> {
  const { clock, say } = parts
  while (!signal.aborted) {
    try {
      await pass(parts, signal)
    } catch (cause) {
      // The store refuses: it says so to the loop too, and nothing was removed.
      say(`cannot remove what is old: ${String(cause)}`)
    }
    await clock.wait(PAUSE, signal)
  }
}

async function pass(
  { store, bounds, routes, clock, say, wake }: RetentionParts,
  signal: AbortSignal,
): Promise<void> {
  let [closed, open, rows] = [0, 0, 0]
  const reasons = new Set<string>()
  const told = (findings: readonly Finding[]): readonly OutboxEntry[] =>
    noticesOf({
      routes,
      before: { alerts: [], incidents: [] },
      output: { alerts: [], incidents: [] },
      findings,
      at: clock.now(),
    })
  for (let more = true; more && !signal.aborted;) {
    const part = store.forget(bounds, clock.now(), told)
    closed += part.closed
    open += part.open
    rows += part.rows
    for (const { message } of part.findings) reasons.add(message)
    if (part.full) say('the store holds more than retention.size, and nothing in it may be removed')
    more = part.more
    if (more) await clock.wait(BREATH, signal)
  }
  if (closed + rows > 0) say(`removed what is old: ${closed} closed incidents, ${rows} other entries`)
  for (const message of reasons) say(`${open} open incidents: ${message}`)
  if (open > 0) wake()
}
