import { existsSync, writeFileSync } from 'node:fs'
import { learnedOf } from '../baseline-report.ts'
import type { Config } from '../config/config.ts'
import { coverageReport, type CoverageReport, type StrategyCoverage } from '../coverage-report.ts'
import { dataFiles, runningDaemon } from '../daemon/data-folder.ts'
import { loadDetection } from '../detection.ts'
import { UserError } from '../domain/errors.ts'
import { levelOfStrategy } from '../level-of-strategy.ts'
import { askDaemon } from './ask-daemon.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { clock, count, printJson, safe, table, type Output } from './output.ts'
import { readStore } from './read-store.ts'

export interface CoverageWords {
  readonly json: boolean
  /** What arrives, instead of what strategies make of it. */
  readonly sources: boolean
  /** Where to write a layer for the ATT&CK Navigator. */
  readonly navigator?: string
}

/** What each strategy sees now, why not more, and how that is turned on. */
export async function showCoverage(config: Config, words: CoverageWords, output: Output): Promise<Exit> {
  const daemon = runningDaemon(config.data)
  const report =
    daemon === undefined
      ? await onDisk(config)
      : ((await askDaemon(daemon, config.data, '/api/coverage')) as CoverageReport)
  if (words.navigator !== undefined) {
    writeLayer(words.navigator, report)
    output.err(
      `${words.navigator}: ${count(report.layer.techniques.length, 'technique')}, for the ATT&CK Navigator\n`,
    )
  }
  const rows = words.sources ? report.sources : report.strategies
  if (words.json || !output.terminal) for (const row of rows) printJson(output, row)
  else output.out(words.sources ? sourceTable(report) : strategyTable(report))
  output.err(
    report.judged === undefined
      ? 'no daemon runs on this data folder: what arrives is not judged now\n'
      : `judged by the daemon at ${clock(Date.parse(report.judged))}\n`,
  )
  return EXIT.ok
}

async function onDisk(config: Config): Promise<CoverageReport> {
  const files = dataFiles(config.data)
  const now = Date.now
  const detection = await loadDetection({
    strategies: config.strategies ?? SHIPPED_STRATEGIES,
    rules: config.rules,
    site: config.site ?? files.site,
    zone: config.zone,
    now,
  })
  const { strategies } = detection
  const levels = new Map(
    await Promise.all(
      strategies.map(async (strategy) => {
        const others = strategies.filter((other) => other !== strategy)
        return [strategy.id, (await levelOfStrategy(strategy, others, now())).level] as const
      }),
    ),
  )
  return coverageReport({
    detection,
    ...(existsSync(files.store)
      ? readStore(config, (reader) => ({
          stored: reader.coverage(),
          learned: learnedOf(detection.ruleset, reader),
        }))
      : { stored: undefined }),
    assessments: undefined,
    levelOf: ({ id }) => levels.get(id),
    now: now(),
  })
}

function writeLayer(file: string, { layer }: CoverageReport): void {
  try {
    writeFileSync(file, `${JSON.stringify(layer, null, 2)}\n`)
  } catch (cause) {
    throw new UserError(`cannot write the layer: ${(cause as Error).message}`, {
      file,
      mend: 'name a file in a folder that is there and writable',
      cause,
    })
  }
}

function strategyTable({ strategies }: CoverageReport): string {
  const rows = strategies.flatMap((strategy) => {
    const [first, ...more] = reasonsOf(strategy)
    const { id, level = '', state } = strategy
    return [
      [id, level, state, ...(first ?? ['', 'all that it assumes holds', ''])],
      ...more.map((reason) => ['', '', '', ...reason]),
    ]
  })
  const mends = new Map(
    strategies.flatMap(({ assumptions }) =>
      assumptions
        .flatMap(({ status, mend }) =>
          status === 'fails' ? (mend ?? '').split('; or ').filter(Boolean) : [],
        )
        .map((mend) => [mend, true] as const),
    ),
  )
  const how = [...mends.keys()].map((mend) => `  ${safe(mend)}\n`).join('')
  return `${table(['STRATEGY', 'LEVEL', 'STATE', 'SINCE', 'WHY', 'SEE'], rows)}${how === '' ? '' : `\nto turn on what is missing:\n${how}`}`
}

/** Since when, why, and which assumptions it is: one line for what is said of several. */
function reasonsOf({ assumptions, baselines }: StrategyCoverage): readonly (readonly string[])[] {
  const ordered = assumptions.toSorted((a, b) => rankOf(a) - rankOf(b))
  const told = ordered.flatMap(({ id, status, places }) =>
    status === 'holds'
      ? []
      : places.map(({ why, since }) => ({
          id,
          since: since === undefined ? '' : clock(Date.parse(since)),
          why: status === 'fails' ? why : `${STATUS_WORDS[status]}: ${why}`,
        })),
  )
  const reasons = [...Map.groupBy(told, ({ since, why }) => `${since} ${why}`).values()].flatMap((same) => {
    const [first] = same
    return first === undefined ? [] : [[first.since, first.why, same.map(({ id }) => id).join(' ')]]
  })
  const learning = baselines
    .filter(({ learning: keys }) => keys > 0)
    .map(({ title, learning: keys, armed }) => [
      '',
      `learning: ${keys} of ${keys + armed} keys of "${title}" tell nothing yet`,
      'baseline',
    ])
  return [...reasons, ...learning]
}

/** What fails first. */
function rankOf({ status }: StrategyCoverage['assumptions'][number]): number {
  return status === 'fails' ? 0 : 1
}

const STATUS_WORDS = {
  unmeasured: 'not measured',
  'not-here': 'not here',
  'not-present': 'not present',
} as const

function sourceTable({ sources }: CoverageReport): string {
  const heads = ['SOURCE', 'KIND', 'NODE', 'INPUT', 'EVENTS', 'RATE', 'LAST', 'LOST', 'DELAY', 'LEAST FILLED']
  return table(
    heads,
    sources
      .toSorted((a, b) => (`${a.source} ${a.kind} ${a.node}` < `${b.source} ${b.kind} ${b.node}` ? -1 : 1))
      .map(({ source, kind, node, input, events, rate, lastArrival, lost, delay, fill }) => [
        source === '' ? '(all)' : source,
        kind,
        node,
        input,
        String(events),
        `${rate}/s`,
        clock(Date.parse(lastArrival)),
        String(lost),
        `${delay} s`,
        fill[0] === undefined ? '' : `${fill[0].field} ${Math.floor(fill[0].share * 100)} %`,
      ]),
  )
}
