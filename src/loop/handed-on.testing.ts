import { expect } from 'vitest'
import type { Input, Reach } from '../inputs/input.ts'
import type { Judge } from '../engine/judge.ts'
import { compileRules, type Ruleset } from '../sigma/sigma.ts'
import { sources } from '../sources/index.ts'
import type { Store } from '../store/store.ts'
import { runPipeline, type PipelineParts } from './pipeline.ts'

/** Lines that an input hands on as one, and how far it says to be when that is committed. */
export interface Batch {
  readonly lines: readonly string[]
  readonly reach?: Reach
}

/** An input of batches, each a stream of its own; one that was committed is not handed on again. */
export function inputOf(batches: readonly Batch[], forGood = false): Input {
  let reach: Reach = { kind: 'behind' }
  return {
    name: 'test',
    reach: () => reach,
    async *read(resume, signal) {
      for (const [number, batch] of batches.entries()) {
        const stream = `test-${number}`
        if (resume.offset(stream) === undefined) {
          const bytes = Buffer.from(batch.lines.map((line) => `${line}\n`).join(''))
          yield { chunks: [{ stream, offset: 0, bytes, end: true }], findings: [], unreadable: [] }
        }
        reach = batch.reach ?? reach
      }
      if (forGood && !signal.aborted)
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
    },
  }
}

export const ALL_PASS: Judge = {
  suppressedBy: () => undefined,
  rate: (match) => ({ match, level: match.rule.level }),
}

export function rulesetOf(text: string): Ruleset {
  const compiled = compileRules([{ file: 'r.yml', text, line: 1, strategy: 's' }], { lists: new Map() })
  expect(compiled.refused).toEqual([])
  return compiled.ruleset
}

/** The loop over one input, until it ends. */
export async function runOver(
  input: Input,
  parts: Pick<PipelineParts, 'store' | 'now'> & { readonly ruleset: Ruleset } & Partial<PipelineParts>,
): Promise<void> {
  const detection = { ruleset: parts.ruleset, judge: ALL_PASS }
  const whole = { sources, detection: () => detection, ...parts }
  await runPipeline([input], whole, new AbortController().signal)
}

/** Runs until all that was handed on is committed and looked at, and is stopped then. */
export async function runStopped(
  batches: readonly Batch[],
  parts: Pick<PipelineParts, 'store' | 'now'> & {
    readonly ruleset: Ruleset
    readonly lateness: number
    readonly beats?: number
  },
): Promise<void> {
  const { lateness, ruleset, store, now } = parts
  const stop = new AbortController()
  const beats = async function* (signal: AbortSignal): AsyncGenerator<{ beat: true }> {
    for (let beat = 0; beat < (parts.beats ?? 3) && !signal.aborted; beat += 1) {
      yield { beat: true }
      await new Promise((done) => setImmediate(done))
    }
    stop.abort()
  }
  const detection = { ruleset, judge: ALL_PASS }
  const correlations = { lateness, patience: Infinity }
  await runPipeline(
    [inputOf(batches, true)],
    { store, sources, detection: () => detection, now, correlations, beats },
    stop.signal,
  )
}

/** Alerts as their events make them; which events are kept as evidence depends on when somebody looked. */
export function foundIn(store: Pick<Store, 'alerts'>): readonly unknown[] {
  const found = []
  for (let after: string | undefined; ;) {
    const page = store.alerts({ limit: 500, order: 'oldest', ...(after === undefined ? {} : { after }) })
    for (const { id, rule, level, first, last, count } of page.items)
      found.push({ id, title: rule.title, level, first, last, count })
    after = page.next
    if (after === undefined) return found.sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

/** How many alerts each rule raised, by its title. */
export function countsIn(store: Pick<Store, 'alerts'>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const each of foundIn(store)) {
    const { title } = each as { readonly title: string }
    counts[title] = (counts[title] ?? 0) + 1
  }
  return counts
}
