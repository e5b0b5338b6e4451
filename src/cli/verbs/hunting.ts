import type { Command } from 'commander'
import { resolve } from 'node:path'
import { UserError } from '../../domain/errors.ts'
import { LEVELS, type Level } from '../../domain/match.ts'
import { MAX_JOBS } from '../../jobs/worthwhile-jobs.ts'
import { collect, parseLevel, parseZone, SHIPPED_STRATEGIES } from '../options.ts'
import type { Output } from '../output.ts'
import { scan } from '../scan.ts'
import { example, type Done } from './words.ts'

/** `scan` */
export function addScan(program: Command, output: Output, done: Done): void {
  program
    .command('scan')
    .description('hunt once over files and folders; formats are recognised by their content')
    .argument('<path...>', 'files, folders, or - for standard input')
    .option('--json', 'one JSON object a line, also on a terminal', false)
    .option('--summary <file>', 'write the counts there, as JSON')
    .option('--rules <dir>', 'a folder of plain Sigma rules; may be given several times', collect, [])
    .option('--no-strategies', 'only the rules named with --rules')
    .option('--strategies <dir>', 'a folder of strategy documents instead of the shipped ones')
    .option('--site <dir>', 'a folder of lists, filters and silences')
    .option(
      '--zone <zone>',
      'the time zone of the site, such as Europe/Berlin: days end and hours of the week are counted in it',
      parseZone,
      'UTC',
    )
    .option(
      '--min-level <level>',
      `print and count alerts from this level on: ${LEVELS.join(', ')}`,
      parseLevel,
      'informational',
    )
    .option(
      '--jobs <n>',
      'threads that read and evaluate; the results are the same with any number (default: one for each processor, at most eight; one alone for less than 16 MiB, and for standard input)',
      parseJobs,
    )
    .option('--mapping <file>', 'how JSON of another format is read (docs/mapping.md)')
    .addHelpText('after', example('tallyman scan --min-level medium /var/log/kubernetes/audit.log'))
    .action(async (paths: string[], options: ScanWords) => {
      const strategies =
        options.strategies === false
          ? undefined
          : options.strategies === undefined || options.strategies === true
            ? SHIPPED_STRATEGIES
            : resolve(options.strategies)
      const { json, summary, rules, site, zone, minLevel, jobs, mapping } = options
      const scanned = {
        paths,
        json,
        summary,
        rules,
        strategies,
        site,
        zone,
        minLevel,
        jobs,
        mapping,
        now: Date.now,
      }
      done(await scan(scanned, output))
    })
}

interface ScanWords {
  readonly json: boolean
  readonly summary: string | undefined
  readonly rules: readonly string[]
  readonly strategies: boolean | string | undefined
  readonly site: string | undefined
  readonly zone: string
  readonly minLevel: Level
  readonly jobs: number | undefined
  readonly mapping: string | undefined
}

function parseJobs(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1 || n > MAX_JOBS)
    throw new UserError(`no number of jobs ${text}`, { mend: `a whole number from 1 to ${MAX_JOBS}` })
  return n
}
