import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Alert } from '../domain/alert.ts'
import { entityName } from '../domain/entity-name.ts'
import { loadMapping } from '../config/load-mapping.ts'
import { alertView } from '../domain/alert-view.ts'
import { UserError } from '../domain/errors.ts'
import type { Level } from '../domain/match.ts'
import { loadDetection, type Detection } from '../detection.ts'
import { fileInput } from '../inputs/file.ts'
import { stdinInput } from '../inputs/stdin.ts'
import type { MappingFile } from '../mapping/mapping.ts'
import { startWorkers, type Workers } from '../jobs/workers.ts'
import { worthwhileJobs } from '../jobs/worthwhile-jobs.ts'
import { runPipeline, type BatchResult } from '../loop/pipeline.ts'
import { UNKNOWN_FORMAT } from '../sources/foreign.ts'
import { describesContainers, sourcesWith } from '../sources/index.ts'
import type { Source } from '../sources/source.ts'
import { openStore } from '../store/sqlite.ts'
import { applies, type SharedRules } from '../sigma/sigma.ts'
import type { Failure } from '../domain/event.ts'
import type { Store, Totals } from '../store/store.ts'
import { EXIT, type Exit } from './exit.ts'
import { inTemporaryFolder } from './in-temporary-folder.ts'
import { clock, count, printJson, safe, table, type Output } from './output.ts'
import { tellFindings } from './tell-findings.ts'
import { tidiedUp } from './tidied-up.ts'

export interface ScanOptions {
  /** Files and folders; `-` is standard input. */
  readonly paths: readonly string[]
  readonly json: boolean
  readonly summary: string | undefined
  readonly rules: readonly string[]
  readonly strategies: string | undefined
  readonly site: string | undefined
  /** IANA zone of its days and hours. */
  readonly zone: string
  readonly minLevel: Level
  /** Threads that read and evaluate; as many as it is worth unless told. One is this thread itself. */
  readonly jobs: number | undefined
  /** File of a mapping: a format that is read besides. */
  readonly mapping: string | undefined
  readonly now: () => number
}

/** One-shot hunt over files: the same loop as the daemon's, into a store that is thrown away. */
export async function scan(options: ScanOptions, output: Output): Promise<Exit> {
  if (options.site !== undefined && !existsSync(options.site)) {
    throw new UserError(`no site at ${options.site}`, {
      file: options.site,
      mend: 'name a folder of lists, filters and silences',
    })
  }
  const mapping = options.mapping === undefined ? undefined : mappingOf(options.mapping)
  const jobs = options.jobs ?? (await worthwhileJobs(options.paths))
  const workers =
    jobs > 1 ? startWorkers({ size: jobs, ...(mapping !== undefined && { mapping }) }) : undefined
  const sharing = workers && { sharing: (rules: SharedRules) => workers.compile(rules) }
  try {
    const detection = await loadDetection({ ...options, ...sharing })
    return await scanWith({ detection, workers, sources: sourcesWith(mapping) }, options, output)
  } finally {
    await workers?.stop()
  }
}

/** Throws a UserError with the first mistake in the file. */
function mappingOf(file: string): MappingFile {
  const { mapping, problems } = loadMapping(file)
  const [first] = problems
  if (mapping === undefined) throw new UserError(first?.message ?? 'invalid mapping', { ...first, file })
  return mapping
}

interface ScanWith {
  readonly detection: Detection
  readonly workers: Workers | undefined
  readonly sources: readonly Source[]
}

async function scanWith(parts: ScanWith, options: ScanOptions, output: Output): Promise<Exit> {
  const { detection } = parts
  for (const { file, line, column, message, mend } of detection.problems)
    output.err(
      `refused: ${safe(`${file}:${line}:${column}: ${message}${mend === undefined ? '' : ` (${mend})`}`)}\n`,
    )
  if (detection.ruleset.rules.length === 0) {
    throw new UserError('no rule is loaded: nothing would be found', {
      mend: 'leave out --no-strategies, or name rules that compile with --rules',
    })
  }
  return inTemporaryFolder('scan', async (folder) =>
    tidiedUp(folder, async () => {
      const store = openStore(join(folder, 'scan.db'), { durable: false })
      try {
        return await scanInto({ store, ...parts }, options, output)
      } finally {
        store.close()
      }
    }),
  )
}

interface ScanParts extends ScanWith {
  readonly store: Store
}

async function scanInto(
  { store, detection, workers, sources }: ScanParts,
  options: ScanOptions,
  output: Output,
): Promise<Exit> {
  const files = options.paths.filter((path) => path !== '-')
  const inputs = [
    ...(files.length > 0
      ? [fileInput({ name: 'scan', paths: files, follow: false, first: describesContainers })]
      : []),
    ...(files.length < options.paths.length ? [stdinInput({ name: 'stdin' })] : []),
  ]
  let unreadable = 0
  const committed = (result: BatchResult): void => {
    unreadable += result.unreadable.length
    for (const { stream, reason } of result.unreadable)
      output.err(`cannot read ${safe(stream)}: ${safe(reason)}\n`)
  }
  const parts = {
    store,
    sources,
    detection: () => detection,
    now: options.now,
    committed,
    correlations: { lateness: 0, patience: Infinity, zone: options.zone },
    ...(workers !== undefined && { workers }),
  }
  await runPipeline(inputs, parts, new AbortController().signal)

  let alerts = 0
  const rows: string[][] = []
  for (const alert of oldestFirst(store, options.minLevel)) {
    alerts += 1
    if (options.json || !output.terminal) printJson(output, alertView(alert))
    else
      rows.push([
        clock(alert.first),
        alert.level,
        alert.strategy,
        alert.rule.title,
        nameOf(alert),
        String(alert.count),
      ])
  }
  if (rows.length > 0) output.out(table(['TIME (UTC)', 'LEVEL', 'STRATEGY', 'RULE', 'ENTITY', 'COUNT'], rows))
  const totals = store.totals()
  if (options.summary !== undefined) await writeSummary(options.summary, { ...totals, alerts })
  tell(totals, alerts, store.failures(5), output)
  tellFindings(store.findings(), output)
  tellRules(detection, sources, totals, output)
  if (options.site !== undefined || options.zone !== 'UTC')
    output.err(`  days and hours: those of ${safe(options.zone)}\n`)
  if (alerts > 0) return EXIT.findings
  const nothingEvaluated = totals.failed > 0 && totals.evaluated + totals.duplicates === 0
  return nothingEvaluated || unreadable > 0 ? EXIT.user : EXIT.ok
}

function* oldestFirst(store: Store, minLevel: Level): Iterable<Alert> {
  let after: string | undefined
  do {
    const page = store.alerts({
      order: 'oldest',
      level: minLevel,
      limit: 500,
      ...(after === undefined ? {} : { after }),
    })
    yield* page.items
    after = page.next
  } while (after !== undefined)
}

async function writeSummary(file: string, totals: Totals): Promise<void> {
  const { records, evaluated, failed, duplicates, alerts, failures, sources: names } = totals
  const summary = { records, evaluated, failed, duplicates, alerts, failures, sources: names }
  try {
    await writeFile(file, `${JSON.stringify(summary, undefined, 2)}\n`)
  } catch (cause) {
    throw new UserError(`cannot write the summary: ${(cause as Error).message}`, {
      file,
      cause,
      mend: 'name a file that can be written',
    })
  }
}

function tell(totals: Totals, alerts: number, samples: readonly Failure[], output: Output): void {
  const { records, evaluated, failed, duplicates } = totals
  output.err(
    `${count(records, 'record')}: ${evaluated} evaluated, ${failed} failed, ${count(duplicates, 'duplicate')}; ${count(alerts, 'alert')}\n`,
  )
  for (const [reason, times] of Object.entries(totals.failures))
    output.err(`  failed: ${safe(reason)}: ${times}\n`)
  for (const { stream, position, reason } of samples)
    output.err(`    ${safe(`${stream} at ${position}: ${reason}`)}\n`)
  if ((totals.failures[UNKNOWN_FORMAT] ?? 0) > 0)
    output.err("  'tallyman sources list' names the formats that are known\n")
  if (records === 0) output.err('  nothing to evaluate: the input is empty\n')
}

/** Silence must mean something: what was loaded, and what of it could not have fired. */
function tellRules(
  { ruleset, problems }: Detection,
  sources: readonly Source[],
  totals: Totals,
  output: Output,
): void {
  const served = sources.flatMap(({ serves }) => serves)
  const reading = ruleset.rules.filter(
    ({ correlation, baseline }) => correlation === undefined && baseline === undefined,
  )
  const idle = reading.filter(({ logsource }) => !served.some((each) => applies(logsource, each)))
  const refused = problems.length === 0 ? '' : `, ${problems.length} refused`
  output.err(`  rules: ${ruleset.rules.length} loaded${refused}`)
  output.err(idle.length === 0 ? '\n' : `; ${idle.length} for telemetry that no source here serves yet\n`)
  for (const { name, serves: logsources } of sources) {
    const read = reading.some(({ logsource }) => logsources.some((each) => applies(logsource, each)))
    if ((totals.sources[name] ?? 0) > 0 && !read) output.err(`  ${name}: no rule reads these records\n`)
  }
}

/** What an analyst calls the entity. */
export function nameOf({ entity }: { readonly entity: Alert['entity'] }): string {
  return entityName(entity)
}
