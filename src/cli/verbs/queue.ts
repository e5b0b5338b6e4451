import { Option, type Command } from 'commander'
import { STATUSES, VERDICTS } from '../../domain/alert.ts'
import { UserError } from '../../domain/errors.ts'
import type { Level } from '../../domain/match.ts'
import { closeAlert, closeIncident, listAlerts, listIncidents, showAlert, showIncident } from '../alerts.ts'
import { parseLevel } from '../options.ts'
import type { Output } from '../output.ts'
import { configOf, example, parseCount, withData, type DataOptions, type Done } from './words.ts'

/** `alerts` and `incidents` */
export function addQueue(program: Command, output: Output, done: Done): void {
  addAlerts(program, output, done)
  addIncidents(program, output, done)
}

function addAlerts(program: Command, output: Output, done: Done): void {
  const alerts = program.command('alerts').description('what rules saw')
  withQuery(
    alerts
      .command('list')
      .description('newest first')
      .addHelpText('after', example('tallyman alerts list --status open --level high')),
  )
    .option('--strategy <id>', 'of one strategy')
    .action((options: QueryWords) => done(listAlerts(configOf(options), queryOf(options), output)))
  withData(
    alerts
      .command('show')
      .description('one alert with its evidence')
      .argument('<id>', 'its beginning is enough'),
  )
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman alerts show 3f9a12c4'))
    .action((id: string, options: DataOptions & { json: boolean }) =>
      done(showAlert(configOf(options), id, options.json, output)),
    )
  withData(alerts.command('close').description('give a verdict').argument('<id>', 'its beginning is enough'))
    .requiredOption('--verdict <verdict>', `one of ${VERDICTS.join(', ')}`)
    .option('--note <text>', 'why', '')
    .addHelpText(
      'after',
      example('tallyman alerts close 3f9a12c4 --verdict benign --note "planned maintenance"'),
    )
    .action(async (id: string, options: DataOptions & { verdict: string; note: string }) =>
      done(await closeAlert(configOf(options), id, options.verdict, options.note, output)),
    )
}

function addIncidents(program: Command, output: Output, done: Done): void {
  const incidents = program
    .command('incidents')
    .description('what happened to one entity at one time: the queue')
  withQuery(
    incidents
      .command('list')
      .description('newest first')
      .addHelpText('after', example('tallyman incidents list --status open')),
  ).action((options: QueryWords) => done(listIncidents(configOf(options), queryOf(options), output)))
  withData(
    incidents
      .command('show')
      .description('one incident with its alerts')
      .argument('<id>', 'its beginning is enough'),
  )
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman incidents show 8c01d2aa'))
    .action((id: string, options: DataOptions & { json: boolean }) =>
      done(showIncident(configOf(options), id, options.json, output)),
    )
  withData(
    incidents
      .command('close')
      .description('give a verdict on all of its open alerts')
      .argument('<id>', 'its beginning is enough'),
  )
    .requiredOption('--verdict <verdict>', `one of ${VERDICTS.join(', ')}`)
    .option('--note <text>', 'why', '')
    .addHelpText(
      'after',
      example('tallyman incidents close 8c01d2aa --verdict true-positive --note "rebuilt from the image"'),
    )
    .action(async (id: string, options: DataOptions & { verdict: string; note: string }) =>
      done(await closeIncident(configOf(options), id, options.verdict, options.note, output)),
    )
}

interface QueryWords extends DataOptions {
  readonly json: boolean
  readonly status?: (typeof STATUSES)[number]
  readonly level?: Level
  readonly text?: string
  readonly since?: number
  readonly until?: number
  readonly limit?: number
  readonly after?: string
  readonly strategy?: string
}

function withQuery(command: Command): Command {
  return withData(command)
    .option('--json', 'one JSON object a line', false)
    .addOption(new Option('--status <status>', 'open or closed').choices([...STATUSES]))
    .option('--level <level>', 'from this level on', parseLevel)
    .option('--text <text>', 'in its names')
    .option('--since <time>', 'ISO 8601', parseTime)
    .option('--until <time>', 'ISO 8601', parseTime)
    .option('--limit <n>', 'at most 500', parseCount)
    .option('--after <cursor>', 'the next page, as the one before says')
}

function queryOf({ config: _config, data: _data, ...query }: QueryWords): QueryWords {
  return query
}

function parseTime(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new UserError(`no time ${text}`, { mend: 'write it as 2026-11-20T10:00:00Z' })
  return time
}
