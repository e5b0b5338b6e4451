import type { Command } from 'commander'
import { z } from 'zod'
import { readRules } from '../detection.ts'
import { parseDuration } from '../domain/day.ts'
import type { Problem } from '../domain/errors.ts'
import { UserError } from '../domain/errors.ts'
import { firedBy } from '../engine/fired-by.ts'
import { listsOf } from '../engine/judge.ts'
import { applies, compileRules, evaluate } from '../sigma/sigma.ts'
import type { TimedRecord, Lists, LoadedRule } from '../sigma/sigma.ts'
import { sources } from '../sources/index.ts'
import { loadSite } from '../site/site.ts'
import { EXIT, type Exit } from './exit.ts'
import { parsedJson, textOf } from './json-file.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { count, printJson, safe, table, type Output } from './output.ts'
import { explainSigma } from './sigma-explain.ts'
import { exportSigma } from './sigma-export.ts'

/** Loads folders of Sigma files: what there is by log source, and each refusal with its reason. */
export async function checkSigma(
  folders: readonly string[],
  { json, site }: { readonly json: boolean; readonly site?: string | undefined },
  output: Output,
): Promise<Exit> {
  const texts = await readRules(folders)
  if (texts.length === 0)
    throw new UserError('there is no Sigma file here', {
      ...(folders[0] !== undefined && { file: folders[0] }),
      mend: 'name a folder that holds files that end in .yml or .yaml',
    })
  const { ruleset, refused, warnings } = compileRules(texts, { lists: await listsIn(site, output) })
  const counts = byLogsource(ruleset.rules)
  if (json || !output.terminal) {
    for (const problem of refused) printJson(output, { kind: 'refused', ...problem })
    for (const problem of warnings) printJson(output, { kind: 'warning', ...problem })
    for (const { logsource, rules, served } of counts)
      printJson(output, { kind: 'logsource', logsource, rules, served })
    printJson(output, {
      kind: 'total',
      files: texts.length,
      rules: ruleset.rules.length,
      refused: refused.length,
      refusedDocuments: documentsOf(refused),
      warnings: warnings.length,
    })
  } else {
    output.out(
      table(
        ['LOG SOURCE', 'RULES', ''],
        counts.map(({ logsource, rules, served }) => [
          logsource,
          String(rules),
          served ? '' : 'no source here serves it',
        ]),
      ),
    )
    for (const problem of refused) output.out(`${told(problem)}\n`)
    for (const problem of warnings) output.out(`warning: ${told(problem)}\n`)
  }
  output.err(
    `${count(texts.length, 'file')}: ${count(ruleset.rules.length, 'rule')}, ${count(documentsOf(refused), 'document')} refused (${count(refused.length, 'reason')}), ${count(warnings.length, 'warning')}\n`,
  )
  return refused.length > 0 ? EXIT.findings : EXIT.ok
}

/** Several reasons may refuse one document. */
function documentsOf(problems: readonly Problem[]): number {
  return new Set(problems.map(({ file, line, document }) => `${file}:${document ?? `line ${line}`}`)).size
}

/** The lists of a site, for placeholders; tells which of its entries do not apply. */
async function listsIn(folder: string | undefined, output: Output): Promise<Lists> {
  if (folder === undefined) return new Map()
  const site = await loadSite(folder)
  for (const problem of site.problems) output.err(`${told(problem)}\n`)
  return listsOf(site, 'UTC', Date.now())
}

/** Rules that see the same events; no event reaches those that no source serves. */
interface OfLogsource {
  readonly logsource: string
  readonly rules: number
  readonly served: boolean
}

function byLogsource(rules: readonly LoadedRule[]): readonly OfLogsource[] {
  const kinds = sources.flatMap(({ serves }) => serves)
  const counts = new Map<string, OfLogsource>()
  for (const { logsource, ...rule } of rules) {
    const correlation = rule.correlation ?? rule.baseline
    const dimensions = [logsource.product, logsource.category, logsource.service]
    const name = correlation ? 'correlations' : dimensions.map((each) => each ?? '*').join('/')
    const before = counts.get(name)
    const served =
      before?.served ?? (correlation !== undefined || kinds.some((each) => applies(logsource, each)))
    counts.set(name, { logsource: name, rules: (before?.rules ?? 0) + 1, served })
  }
  return [...counts.values()].sort((a, b) => b.rules - a.rules || a.logsource.localeCompare(b.logsource))
}

function told({ file, line, column, message, mend }: Problem): string {
  return safe(`${file}:${line}:${column}: ${message}${mend === undefined ? '' : ` (${mend})`}`)
}

const durationSchema = z.string().refine((text) => parseDuration(text) !== undefined, 'as 0s, 40s or 5m')
const cases = z.array(
  z
    .looseObject({
      id: z.string(),
      rule: z.string(),
      event: z.unknown().optional(),
      events: z.array(z.looseObject({ at: durationSchema.optional() })).optional(),
      until: durationSchema.optional(),
    })
    .refine(({ event, events }) => event !== undefined || events !== undefined, {
      message: 'it has neither event nor events',
    }),
)
type Case = z.infer<typeof cases>[number]

/** Which case is the first that is wrong, counted from 1, and where; nothing where there are no cases at all. */
function wrongIn({ issues: [first] }: z.ZodError): string {
  const [number, ...path] = first?.path ?? []
  if (first === undefined || typeof number !== 'number') return ''
  return `: case ${number + 1}${path.length === 0 ? '' : `, ${path.join('.')}`}: ${first.message}`
}

/** One event, or several with their times; an `at` is no field of theirs. */
function recordsOf({ event, events }: Case): readonly TimedRecord[] {
  if (events === undefined) return [{ time: 0, record: event }]
  return events.map(({ at, ...record }) => ({ time: parseDuration(at ?? '0s') ?? 0, record }))
}

/**
 * Evaluates one `{id, rule, event}`, or `{id, rule, events, until}` with times for correlations, after the other: T
 * it would alert, F it would not, E the rule is refused.
 */
export async function evaluateCases(file: string, site: string | undefined, output: Output): Promise<Exit> {
  const lists = await listsIn(site, output)
  const parsed = cases.safeParse(parsedJson(await textOf(file), file))
  if (!parsed.success)
    throw new UserError(`the file is no array of {id, rule, event}${wrongIn(parsed.error)}`, {
      file,
      mend: 'write rule as YAML text and event as an object; for correlations events with at: 30s, and until: 10m',
    })
  for (const each of parsed.data) {
    const { id, rule, until = '0s' } = each
    const records = recordsOf(each)
    const end = Math.max(0, ...records.map(({ time }) => time)) + (parseDuration(until) ?? 0) + 1
    const outcome = evaluate(rule, records, { lists, until: end, correlate: firedBy })
    printJson(
      output,
      outcome.kind === 'refused'
        ? { id, result: 'E', error: outcome.problems.map(({ message }) => message).join('; ') }
        : { id, result: outcome.kind === 'holds' ? 'T' : 'F' },
    )
  }
  return EXIT.ok
}

const SITE = ['--site <dir>', 'a site, whose lists give placeholders their values'] as const

export function addSigma(program: Command, output: Output, done: (exit: Exit) => void): void {
  const sigma = program.command('sigma').description('Sigma rules: check, evaluate, explain')
  sigma
    .command('check')
    .description('load folders of Sigma files and tell every refusal; exits 1 if there is any')
    .argument('<dir...>', 'folders or files')
    .option('--json', 'one JSON object a line', false)
    .option(...SITE)
    .addHelpText('after', '\nExample:\n  tallyman sigma check ~/sigma/rules')
    .action(async (folders: string[], options: { json: boolean; site?: string }) =>
      done(await checkSigma(folders, options, output)),
    )
  sigma
    .command('eval')
    .description('evaluate an array of {id, rule, event}: T holds, F does not, E the rule is refused')
    .requiredOption('--cases <file>', 'JSON')
    .option('--json', 'always so: one JSON object a line', true)
    .option(...SITE)
    .addHelpText('after', '\nExample:\n  tallyman sigma eval --cases cases.json')
    .action(async ({ cases: file, site }: { cases: string; site?: string }) =>
      done(await evaluateCases(file, site, output)),
    )
  sigma
    .command('explain')
    .description('which part of a rule held on an event, and which did not')
    .argument('<rule>', 'a Sigma file')
    .argument('<event>', 'a file with one event: the record as it was logged, or a JSON object')
    .option('--json', 'one JSON object a rule', false)
    .option(...SITE)
    .addHelpText('after', '\nExample:\n  tallyman sigma explain rule.yml event.json')
    .action(async (rule: string, event: string, options: { json: boolean; site?: string }) =>
      done(
        await explainSigma(
          rule,
          event,
          { json: options.json, lists: await listsIn(options.site, output) },
          output,
        ),
      ),
    )
  program
    .command('export')
    .description('content for other tools')
    .command('sigma')
    .description('every rule of the strategies as a Sigma file')
    .argument('<dir>', 'where to write them')
    .option('--strategies <dir>', 'a folder of documents', SHIPPED_STRATEGIES)
    .addHelpText('after', '\nExample:\n  tallyman export sigma ./sigma')
    .action(async (folder: string, options: { strategies: string }) =>
      done(await exportSigma(folder, options, output)),
    )
}
