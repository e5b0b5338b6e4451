import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { entityLabel } from '../src/domain/entity-label.ts'
import { loadDetection, type Detection } from '../src/detection.ts'
import type { Store } from '../src/store/store.ts'
import { runPipeline } from '../src/loop/pipeline.ts'
import { sources } from '../src/sources/index.ts'
import { openStore } from '../src/store/sqlite.ts'
import { START, ZONE } from './month/calendar.ts'
import { generateMonth, type Month, type MonthOptions } from './month/month.ts'
import { monthInput } from './month/month-input.ts'
import { createTriage } from './month/triage.ts'
import { scoreOf, type JudgedAlert, type Score } from './month/score.ts'

const ROOT = join(import.meta.dirname, '..')
/** Later than others of its time no line comes; a minute is what correlations allow for unless told. */
const CORRELATIONS = { lateness: 60_000, patience: 600_000, zone: ZONE }
const LEAST_RECALL = 0.95
const MOST_FALSE = 0.15

/**
 * A generated month of telemetry with planted anomalies, read by the loop that `scan` and `run` share with the
 * strategies as they ship: what was found, and what was found that is nothing. `--seed N` (a number of chance unless
 * told), `--start`, `--workloads`, `--days`, `--planted`, `--learning` (days), `--json`. Fails below the promised
 * figures.
 */
export async function anomalies(say: (line: string) => void): Promise<void> {
  const { options, json } = asked()
  const month = generateMonth(options)
  const began = performance.now()
  const { records, failed, score } = await readMonth(month, options)
  const seconds = (performance.now() - began) / 1_000
  const isGood = score.recall >= LEAST_RECALL && score.falsePerWorkloadMonth <= MOST_FALSE && failed === 0
  if (!isGood) process.exitCode = 1
  if (json)
    return say(JSON.stringify({ ...options, records, failed, seconds: Math.round(seconds), ...score }))
  say(
    `seed ${options.seed}: ${options.workloads} workloads, ${options.days} days from ${new Date(month.start).toISOString().slice(0, 10)} of which ${options.learning} for learning`,
  )
  say(`${records} records, ${failed} of them failed; ${Math.round(seconds)} s`)
  tell(score, month, say)
  if (!isGood) say(`FAILED: promised are recall ${LEAST_RECALL}, ${MOST_FALSE} false a workload and month`)
}

function asked(): { readonly options: MonthOptions; readonly json: boolean } {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      start: { type: 'string' },
      workloads: { type: 'string', default: '200' },
      days: { type: 'string', default: '35' },
      planted: { type: 'string', default: '60' },
      learning: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  })
  const options = {
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(values.seed),
    start: values.start === undefined ? START : Date.parse(`${values.start}T00:00:00Z`),
    workloads: Number(values.workloads),
    days: Number(values.days),
    anomalies: Number(values.planted),
    learning: Number(values.learning),
  }
  return { options, json: values.json }
}

interface Outcome {
  readonly records: number
  readonly failed: number
  /** Evaluated records by source. */
  readonly sources: Readonly<Record<string, number>>
  readonly score: Score
}

/** Through decoders, inventory, rules, analytics and alerts into a store that is thrown away. */
export async function readMonth(month: Month, { workloads }: MonthOptions): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-month-'))
  const store = openStore(join(folder, 'store.db'), { durable: false })
  try {
    const input = monthInput(month.start, month.lines)
    const detection = await loadDetection({
      strategies: join(ROOT, 'strategies'),
      rules: [],
      site: join(import.meta.dirname, 'month/site'),
      zone: ZONE,
      now: input.now,
    })
    const triage = createTriage(store, month.planted)
    const parts = {
      store,
      sources,
      detection: () => detection,
      now: input.now,
      correlations: CORRELATIONS,
      committed: () => triage.look(input.now()),
    }
    await runPipeline([input], parts, new AbortController().signal)
    const { records, failed, sources: bySource } = store.totals()
    const { learned, end, planted } = month
    const score = scoreOf(planted, judged(store, detection), { learned, end, workloads })
    return { records, failed, sources: bySource, score }
  } finally {
    store.close()
    rmSync(folder, { recursive: true })
  }
}

/** All alerts of medium and above; correlations but for sums of risk are one kind. */
function judged(store: Store, { ruleset }: Detection): readonly JudgedAlert[] {
  const byId = new Map(ruleset.rules.map((rule) => [rule.id, rule]))
  const kindOf = (id: string): string => {
    const { correlation, baseline } = byId.get(id) ?? {}
    if (baseline !== undefined) return baseline.test.type
    if (correlation === undefined) return 'rule'
    // what is told where nothing explains it is of the kind of what is to be explained
    if (correlation.type === 'unexplained') return kindOf(correlation.inputs[0]?.rule ?? '')
    return correlation.type === 'risk' ? 'risk' : 'correlation'
  }
  const found: JudgedAlert[] = []
  for (let after: string | undefined; ;) {
    const page = store.alerts({
      order: 'oldest',
      level: 'medium',
      limit: 500,
      ...(after !== undefined && { after }),
    })
    found.push(...page.items.map((alert) => ({ ...alert, kind: kindOf(alert.rule.id) })))
    after = page.next
    if (after === undefined) return found
  }
}

function tell(
  { recall, falsePerWorkloadMonth, byKind, missed, false: wrong }: Score,
  month: Month,
  say: (line: string) => void,
): void {
  say(
    `${'kind'.padEnd(12)} ${'planted'.padStart(8)} ${'found'.padStart(6)} ${'recall'.padStart(7)} ${'false'.padStart(6)}  false/workload-month`,
  )
  for (const [kind, one] of Object.entries(byKind))
    say(
      `${kind.padEnd(12)} ${String(one.planted).padStart(8)} ${String(one.found).padStart(6)} ${percent(one.recall).padStart(7)} ${String(one.false).padStart(6)}  ${one.falsePerWorkloadMonth.toFixed(3)}`,
    )
  say(
    `${'all'.padEnd(12)} ${String(month.planted.length).padStart(8)} ${String(month.planted.length - missed.length).padStart(6)} ${percent(recall).padStart(7)} ${String(wrong.length).padStart(6)}  ${falsePerWorkloadMonth.toFixed(3)}`,
  )
  for (const { row, kind, from, names, what, magnitude } of missed)
    say(
      `missed: ${new Date(from).toISOString()} ${row} ${kind} ×${magnitude.toFixed(2)} ${names[0]}: ${what}`,
    )
  const byRule = Map.groupBy(wrong, ({ rule }) => rule.title)
  for (const [title, alerts] of byRule) {
    say(`false: ${alerts.length} × ${title}`)
    for (const { first, level, entity } of alerts.slice(0, SHOWN))
      say(`  ${new Date(first).toISOString()} ${level} ${entityLabel(entity)}`)
  }
}

/** False alerts of one rule that are told one by one. */
const SHOWN = 10

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${Math.round(share * 1_000) / 10} %`
}
