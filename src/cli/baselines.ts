import { readFileSync } from 'node:fs'
import { exportedKey, type ExportedKey, type importBaselines } from '../baseline-changes.ts'
import {
  baselineNamed,
  baselinesReport,
  keyReport,
  keysReport,
  type KeyState,
  type KeyView,
  type WholeKeyView,
} from '../baseline-report.ts'
import type { Config } from '../config/config.ts'
import { dataFiles } from '../daemon/data-folder.ts'
import { loadDetection } from '../detection.ts'
import { UserError } from '../domain/errors.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import type { Baseline, Ruleset } from '../sigma/sigma.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { clock, count, printJson, safe, table, type Output } from './output.ts'
import { readStore } from './read-store.ts'
import { writeThrough } from './write-through.ts'

/** Keys that are read from the store at once, and sent with one import. */
const PAGE = 200
/** Characters of keys that are sent at once, but for a key that alone has more. */
const PART = 2 ** 20
/** Values of a key that a table shows. */
const SHOWN = 100

/** All baselines and how far their keys are; or the keys of one. */
export async function listBaselines(
  config: Config,
  words: {
    readonly rule: string | undefined
    readonly status?: KeyState
    readonly text?: string
    readonly json: boolean
  },
  output: Output,
): Promise<Exit> {
  const ruleset = await loaded(config)
  if (words.rule === undefined) {
    const rows = readStore(config, (reader) => baselinesReport(ruleset, reader))
    if (words.json || !output.terminal) for (const row of rows) printJson(output, row)
    else
      output.out(
        table(
          ['BASELINE', 'STRATEGY', 'TYPE', 'LEARNING', 'ARMED', 'STALE', 'DRIFTED'],
          rows.map(({ name, rule, strategy, type, keys }) => [
            name ?? rule,
            strategy,
            type,
            ...[keys.learning, keys.armed, keys.stale, keys.drifted].map(String),
          ]),
        ),
      )
    return EXIT.ok
  }
  const baseline = named(ruleset, words.rule)
  const { status, text } = words
  const query = {
    limit: 500,
    ...(status === undefined ? {} : { status }),
    ...(text === undefined ? {} : { text }),
  }
  const keys = readStore(config, (reader) => keysReport(baseline, query, reader))
  if (words.json || !output.terminal) for (const key of keys) printJson(output, key)
  else output.out(keyTable(keys))
  if (keys.length === query.limit) output.err(`the first ${query.limit}: narrow them with --text\n`)
  return EXIT.ok
}

function keyTable(keys: readonly KeyView[]): string {
  return table(
    ['KEY', 'STATE', 'SAMPLES', 'DAYS', 'FIRST (UTC)', 'LAST (UTC)', 'LEARNS UNTIL'],
    keys.map(({ of, state, samples, days, first, last, learnsUntil, held }) => [
      Object.values(of).join(', '),
      held === 0 ? state : `${state}, ${held} held back`,
      String(samples),
      String(days),
      clock(Date.parse(first)),
      clock(Date.parse(last)),
      learnsUntil === undefined ? '' : clock(Date.parse(learnsUntil)),
    ]),
  )
}

/** What one key learned, from whom and when. */
export async function showBaseline(
  config: Config,
  words: { readonly rule: string; readonly key: readonly string[]; readonly json: boolean },
  output: Output,
): Promise<Exit> {
  const ruleset = await loaded(config)
  const baseline = named(ruleset, words.rule)
  const key = keyOf(baseline, words.key)
  const wanted = { baseline, key, zone: config.zone }
  const found = readStore(config, (reader) => keyReport(ruleset, wanted, reader))
  if (found === undefined) throw unknownKey(key)
  if (words.json || !output.terminal) printJson(output, found)
  else output.out(`${keyTable([found])}\n${learnedTable(found)}`)
  return EXIT.ok
}

function learnedTable({ learned }: WholeKeyView): string {
  if (learned.values !== undefined)
    return table(
      ['VALUE', 'STATE', 'COUNT', 'DAYS', 'FIRST (UTC)', 'LAST (UTC)', 'FIRST BY', 'TOLD (UTC)'],
      learned.values
        .toSorted((a, b) => b.last - a.last)
        .slice(0, SHOWN)
        .map(({ value, state, count: times, days, first, last, who, told }) => [
          value,
          state,
          String(times),
          String(days),
          clock(first),
          clock(last),
          who,
          told === undefined ? '' : clock(told),
        ]),
    )
  return table(
    ['BUCKET ENDS (UTC)', 'NUMBER', 'MEDIAN', 'FROM', 'TO'],
    (learned.recent ?? []).map(({ time, value, band }) => [
      clock(time),
      ...[value, band?.median, band?.low, band?.high].map((number) =>
        number === undefined ? '' : String(Number(number.toPrecision(4))),
      ),
    ]),
  )
}

/** Takes what a key has for learned, or forgets it; of a value that alone. */
export async function changeBaseline(
  config: Config,
  verb: 'approve' | 'forget',
  words: { readonly rule: string; readonly key: readonly string[]; readonly value?: string },
  output: Output,
): Promise<Exit> {
  const baseline = named(await loaded(config), words.rule)
  const key = keyOf(baseline, words.key)
  const { value } = words
  await writeThrough(config, {
    path: `/api/baselines/${verb}`,
    body: { rule: words.rule, key, ...(value === undefined ? {} : { value }) },
    direct: (commands, actor) => {
      const change = { baseline, key, value }
      if (verb === 'approve') commands.approveBaseline(change, actor)
      else commands.forgetBaseline(change, actor)
    },
  })
  output.err(`${verb === 'approve' ? 'approved' : 'forgotten'}: ${safe(value ?? key)}\n`)
  return EXIT.ok
}

/** One JSON object a line, of one baseline or of all. */
export async function exportBaselines(
  config: Config,
  rule: string | undefined,
  output: Output,
): Promise<Exit> {
  const ruleset = await loaded(config)
  const baselines = rule === undefined ? ruleset.baselines : [named(ruleset, rule)]
  let written = 0
  readStore(config, (reader) => {
    for (const baseline of baselines) {
      let after: string | undefined
      for (;;) {
        const rows = reader.baselineKeys({
          baseline: baseline.hash,
          limit: PAGE,
          ...(after === undefined ? {} : { after }),
        })
        for (const row of rows) printJson(output, exportedKey(baseline, row))
        written += rows.length
        after = rows.at(-1)?.key
        if (rows.length < PAGE) break
      }
    }
  })
  output.err(`${count(written, 'key')} exported\n`)
  return EXIT.ok
}

/** Replaces keys by exported ones. Exits 1 where some are of baselines that are not loaded, or mean something else. */
export async function importFrom(config: Config, file: string, output: Output): Promise<Exit> {
  const rows = readExport(file)
  const { baselines } = await loaded(config)
  let [taken, refused] = [0, 0]
  for (const part of partsOf(rows)) {
    const answer = (await writeThrough(config, {
      path: '/api/baselines/import',
      body: { rows: part },
      direct: (commands, actor) => commands.importBaselines(baselines, part, actor),
    })) as ReturnType<typeof importBaselines>
    taken += answer.taken
    refused += answer.refused
  }
  output.err(`${count(taken, 'key')} imported`)
  output.err(refused === 0 ? '\n' : `, ${refused} refused: no loaded baseline means the same\n`)
  return refused === 0 ? EXIT.ok : EXIT.findings
}

/** As much as one request takes. */
function* partsOf(rows: readonly ExportedKey[]): Iterable<readonly ExportedKey[]> {
  let part: ExportedKey[] = []
  let length = 0
  for (const row of rows) {
    const its = JSON.stringify(row).length
    if (part.length > 0 && (part.length === PAGE || length + its > PART)) {
      yield part
      part = []
      length = 0
    }
    part.push(row)
    length += its
  }
  if (part.length > 0) yield part
}

function readExport(file: string): readonly ExportedKey[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UserError(`cannot read ${file}: ${(cause as Error).message}`, {
      file,
      mend: 'name a file that is there',
      cause,
    })
  }
  return text.split('\n').flatMap((line, at): ExportedKey[] => {
    if (line.trim() === '') return []
    try {
      const row = JSON.parse(line) as ExportedKey
      if (typeof row.hash === 'string' && typeof row.key === 'string' && Array.isArray(row.state))
        return [row]
    } catch {
      // told below
    }
    throw new UserError('the line is no exported key', {
      file,
      line: at + 1,
      mend: "write it with 'tallyman baseline export'",
    })
  })
}

async function loaded(config: Config): Promise<Ruleset> {
  const { ruleset } = await loadDetection({
    strategies: config.strategies ?? SHIPPED_STRATEGIES,
    rules: config.rules,
    site: config.site ?? dataFiles(config.data).site,
    zone: config.zone,
    now: Date.now,
  })
  return ruleset
}

function named(ruleset: Ruleset, typed: string): Baseline {
  const found = baselineNamed(ruleset, typed)
  if (found !== undefined) return found
  const names = ruleset.rules.flatMap(({ baseline, name, id }) =>
    baseline === undefined ? [] : [name ?? id],
  )
  const meant = nearestWord(typed, names)
  throw new UserError(`no baseline ${typed}`, {
    mend: meant === undefined ? "see 'tallyman baseline list'" : `did you mean ${meant}?`,
  })
}

/** The values of a key in the order of what it is a key of, or the JSON of them. */
function keyOf({ peers }: Baseline, typed: readonly string[]): string {
  const [only] = typed
  if (typed.length === 1 && only?.startsWith('[') === true) return only
  if (typed.length === peers.length) return JSON.stringify(typed)
  throw new UserError(`the baseline's keys have ${count(peers.length, 'value')}: ${peers.join(', ')}`, {
    mend: 'give each of them, in this order',
  })
}

function unknownKey(key: string): UserError {
  return new UserError(`the baseline knows no key ${key}`, { mend: "see 'tallyman baseline list RULE'" })
}
