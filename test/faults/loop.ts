import { join } from 'node:path'
import { loadDetection } from '../../src/detection.ts'
import type { Event } from '../../src/domain/event.ts'
import type { Input } from '../../src/inputs/input.ts'
import { runPipeline } from '../../src/loop/pipeline.ts'
import { sources } from '../../src/sources/index.ts'
import { openStore } from '../../src/store/sqlite.ts'
import type { Totals } from '../../src/store/store.ts'

/** The loop with one input on a store of its own, and what rules were asked about. */
export interface Loop {
  /** Events in the order in which rules saw them, over all starts. */
  readonly events: readonly Event[]
  totals(): Totals
  /** Messages of what could not be seen, or was lost. */
  gaps(): readonly string[]
  start(): void
  stop(): Promise<void>
  close(): void
}

/** `input` is made anew for each start. */
export async function createLoop(folder: string, input: () => Input): Promise<Loop> {
  const store = openStore(join(folder, 'loop.db'), { durable: true })
  const { ruleset, judge } = await loadDetection({
    strategies: undefined,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: Date.now,
  })
  const events: Event[] = []
  const listening = {
    ...ruleset,
    match(event: Event) {
      events.push(event)
      return ruleset.match(event)
    },
  }
  let abort = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const parts = {
    store,
    sources,
    detection: () => ({ ruleset: listening, judge }),
    now: Date.now,
    arriving: true,
  } as const
  return {
    events,
    totals: () => store.totals(),
    gaps: () =>
      store
        .findings(1_000)
        .filter(({ kind }) => kind === 'unobserved-interval' || kind === 'producer-loss')
        .map(({ message }) => message),
    start() {
      abort = new AbortController()
      running = runPipeline([input()], parts, abort.signal)
      running.catch(() => {})
    },
    async stop() {
      abort.abort()
      await running
    },
    close: () => store.close(),
  }
}
