import { Command, CommanderError, Option } from 'commander'
import { resolve } from 'node:path'
import { type Config } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import { STATUSES, VERDICTS } from '../domain/alert.ts'
import { UserError } from '../domain/errors.ts'
import { LEVELS, type Level } from '../domain/match.ts'
import { MAX_JOBS } from '../jobs/worthwhile-jobs.ts'
import { VERSION } from '../version.ts'
import { closeAlert, closeIncident, listAlerts, listIncidents, showAlert, showIncident } from './alerts.ts'
import { addSilence, adopt, listSilences } from './change.ts'
import { checkConfig, printSchema, showConfig } from './config-command.ts'
import { showCoverage, type CoverageWords } from './coverage.ts'
import { discover } from './discover.ts'
import { doctor, type DoctorWords } from './doctor.ts'
import { EXIT, report, type Exit } from './exit.ts'
import { lint } from './lint.ts'
import { listLists, showList } from './lists.ts'
import { login } from './login.ts'
import { addNotify } from './notify-command.ts'
import { collect, parseLevel, SHIPPED_STRATEGIES } from './options.ts'
import { standardOutput, type Output } from './output.ts'
import { reload } from './reload.ts'
import { run } from './run.ts'
import { scan } from './scan.ts'
import { sensor, type SensorWords } from './sensor.ts'
import { addSigma } from './sigma-command.ts'
import { listSources } from './sources.ts'
import { listStrategies, showStrategy } from './strategies.ts'
import { testStrategies } from './test.ts'
import { playTour } from './tour.ts'

/** Parses the words of a command line, does what they say, returns the exit code. Never throws. */
export async function main(words: readonly string[], output: Output = standardOutput): Promise<Exit> {
  let exit: Exit = EXIT.ok
  const program = createProgram(output, (code) => {
    exit = code
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.user
    return report(error, output)
  }
}

type Done = (exit: Exit) => void

function createProgram(output: Output, done: Done): Command {
  const program = new Command('tallyman')
    .description(
      'Detects adversaries who use containers to get past security monitoring. A strategy is one document whose sections run.',
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .showHelpAfterError('(see --help)')
  addRun(program, output, done)
  addDiscover(program, output, done)
  addSensor(program, output, done)
  addTour(program, output, done)
  addLogin(program, output, done)
  addScan(program, output, done)
  addDocuments(program, output, done)
  addQueue(program, output, done)
  addChanges(program, output, done)
  addNotify<DataOptions>(program, { withData, configOf, parseCount, example }, output, done)
  addLists(program, output, done)
  addSigma(program, output, done)
  return program
}

function addRun(program: Command, output: Output, done: Done): void {
  const command = program.command('run').description('watch: the daemon and its API')
  withData(command)
    .option('--port <n>', 'port of the API; 7410 unless told', parsePort)
    .addOption(hostRoot())
    .addHelpText('after', example('tallyman run --config tallyman.yaml'))
    .action(async (options: DataOptions & { port?: number; hostRoot?: string }) =>
      done(await run(configOf(options, options.port), options.hostRoot, output)),
    )
}

function addDiscover(program: Command, output: Output, done: Done): void {
  program
    .command('discover')
    .description('what this machine has to read, what may not be read, and how to change it')
    .option('--config <file>', 'configuration; tallyman.yaml of the working folder unless told')
    .option('--json', 'one place a line, as JSON', false)
    .option('--yaml', 'a configuration that reads what was found', false)
    .addOption(hostRoot())
    .addHelpText('after', example('tallyman discover --yaml > tallyman.yaml'))
    .action((options: { config?: string; json: boolean; yaml: boolean; hostRoot?: string }) =>
      done(discover(loadConfig(options.config), options, output)),
    )
}

function addTour(program: Command, output: Output, done: Done): void {
  program
    .command('tour')
    .description(
      'see it work: recorded telemetry, played through the engine; needs nothing and leaves nothing',
    )
    .option('--seconds <n>', 'how long it takes; 0 plays it at once', parseSeconds, 30)
    .option('--json', 'one alert a line, as JSON', false)
    .addHelpText('after', example('tallyman tour'))
    .action(async (options: { seconds: number; json: boolean }) => done(await playTour(options, output)))
}

function hostRoot(): Option {
  return new Option('--host-root <dir>', 'where the machine’s root is mounted, in a container').argParser(
    (dir: string) => resolve(dir),
  )
}

function addSensor(program: Command, output: Output, done: Done): void {
  program
    .command('sensor')
    .description('watch the system calls of containers on this machine with bpftrace, as root')
    .option('--out <dir>', 'folder of the files that it writes', '/var/log/tallyman/sensor')
    .option('--host', 'watch the host’s own processes as well', false)
    .option('--bpftrace <program>', 'its name or path', 'bpftrace')
    .option('--file-size <mib>', 'a file is closed when it is larger', parseCount, 64)
    .option('--disk <mib>', 'the oldest files are removed when all are larger', parseCount, 1024)
    .addHelpText('after', example('tallyman sensor --out /var/log/tallyman/sensor'))
    .action(async (options: SensorWords) =>
      done(await sensor({ ...options, out: resolve(options.out) }, output)),
    )
}

function addLogin(program: Command, output: Output, done: Done): void {
  withData(
    program.command('login').description('print a link that opens a session of the running daemon, once'),
  )
    .addHelpText('after', example('tallyman login'))
    .action((options: DataOptions) => done(login(configOf(options), output)))
}

function addScan(program: Command, output: Output, done: Done): void {
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
    .addHelpText('after', example('tallyman scan --min-level medium /var/log/kubernetes/audit.log'))
    .action(async (paths: string[], options: ScanWords) => {
      const strategies =
        options.strategies === false
          ? undefined
          : options.strategies === undefined || options.strategies === true
            ? SHIPPED_STRATEGIES
            : resolve(options.strategies)
      const { json, summary, rules, site, minLevel, jobs } = options
      const scanned = { paths, json, summary, rules, strategies, site, minLevel, jobs, now: Date.now }
      done(await scan(scanned, output))
    })
}

interface ScanWords {
  readonly json: boolean
  readonly summary: string | undefined
  readonly rules: readonly string[]
  readonly strategies: boolean | string | undefined
  readonly site: string | undefined
  readonly minLevel: Level
  readonly jobs: number | undefined
}

function addDocuments(program: Command, output: Output, done: Done): void {
  program
    .command('lint')
    .description('check strategy documents: structure, ATT&CK facts, rules, tests, commands')
    .argument('[file...]', 'documents; the shipped strategies unless named')
    .option('--json', 'one finding a line', false)
    .option('--level <level>', 'the level that each document must reach, L0 to L5')
    .addHelpText('after', example('tallyman lint strategies/t1600-weaken-encryption.md'))
    .action(async (files: string[], options: { json: boolean; level?: string }) =>
      done(await lint(files, options, output)),
    )
  program
    .command('test')
    .description('run the tests in the documents')
    .argument('[strategy...]', 'ids; all unless named')
    .option('--strategies <dir>', 'a folder of documents', SHIPPED_STRATEGIES)
    .option('--json', 'one result a line', false)
    .addHelpText('after', example('tallyman test t1600-weaken-encryption'))
    .action(async (ids: string[], options: { strategies: string; json: boolean }) =>
      done(await testStrategies(ids, options, output)),
    )
}

function addQueue(program: Command, output: Output, done: Done): void {
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

function addChanges(program: Command, output: Output, done: Done): void {
  const silence = program.command('silence').description('hold matches back for a while')
  accountable(withData(silence.command('add').description('add a silence to the site')))
    .option('--match <field=value>', 'what it holds back; may be given several times', collect, [])
    .option('--rule <name>', 'only for this rule, by name or id; may be given several times', collect, [])
    .requiredOption('--for <duration>', 'such as 30m, 2h, 14d')
    .addHelpText(
      'after',
      example('tallyman silence add --match host.name=build-7 --for 2h --owner ci --reason "load test"'),
    )
    .action(async (options: DataOptions & Parameters<typeof addSilence>[1]) =>
      done(await addSilence(configOf(options), options, output)),
    )
  withData(silence.command('list').description('what is held back, by whom, why and until when'))
    .option('--json', 'one silence a line', false)
    .addHelpText('after', example('tallyman silence list'))
    .action(async (options: DataOptions & { json: boolean }) =>
      done(await listSilences(configOf(options), options.json, output)),
    )
  accountable(
    withData(program.command('adopt').description('turn the posture report into filters that expire')),
  )
    .option(
      '--alert <id>',
      'only this entry, its beginning is enough; may be given several times',
      collect,
      [],
    )
    .option('--for <duration>', 'how long the filters hold', '90d')
    .addHelpText(
      'after',
      example('tallyman adopt --for 90d --owner platform --reason "reviewed at roll-out"'),
    )
    .action(async (options: DataOptions & Parameters<typeof adopt>[1]) =>
      done(await adopt(configOf(options), options, output)),
    )
}

function addLists(program: Command, output: Output, done: Done): void {
  const folder = new Option('--strategies <dir>', 'a folder of documents').default(
    SHIPPED_STRATEGIES,
    'the shipped ones',
  )
  const strategies = program.command('strategies').description('the documents')
  strategies
    .command('list')
    .description('with level, technique and rules')
    .addOption(folder)
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman strategies list'))
    .action(async (options: { strategies: string; json: boolean }) =>
      done(await listStrategies(options.strategies, options.json, output)),
    )
  strategies
    .command('show')
    .description('one document: rules and response steps')
    .argument('<id>', 'its file name without .md')
    .addOption(folder)
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman strategies show t1600-weaken-encryption'))
    .action(async (id: string, options: { strategies: string; json: boolean }) =>
      done(await showStrategy(options.strategies, id, options.json, output)),
    )
  program
    .command('sources')
    .description('the telemetry that can be read')
    .command('list')
    .description('with the log sources that each serves')
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman sources list'))
    .action((options: { json: boolean }) => done(listSources(options.json, output)))
  const config = program.command('config').description('tallyman.yaml')
  config
    .command('check')
    .description('every mistake, with its place and its mend')
    .option('--config <file>', 'the file; tallyman.yaml of the working folder unless told')
    .option('--json', 'one mistake a line', false)
    .addHelpText('after', example('tallyman config check --config tallyman.yaml'))
    .action((options: { config?: string; json: boolean }) =>
      done(checkConfig(options.config, options.json, output)),
    )
  config
    .command('show')
    .description('what is in force, defaults included')
    .option('--config <file>', 'the file')
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman config show'))
    .action((options: { config?: string; json: boolean }) =>
      done(showConfig(options.config, options.json, output)),
    )
  config
    .command('schema')
    .description('JSON Schema, with which an editor completes and checks the file')
    .addHelpText('after', example('tallyman config schema > tallyman.schema.json'))
    .action(() => done(printSchema(output)))
  withData(
    program
      .command('doctor')
      .description('what limits what can be concluded: lists not set, rules refused, gaps'),
  )
    .option('--json', 'as JSON', false)
    .option('--all', 'also each list that is not set and exempts nobody', false)
    .option('--failures', 'samples of records that failed, instead', false)
    .addHelpText('after', example('tallyman doctor'))
    .action(async (options: DataOptions & DoctorWords) =>
      done(await doctor(configOf(options), options, output)),
    )
  withData(
    program
      .command('coverage')
      .description('what each strategy sees now, why not more, and how that is turned on'),
  )
    .option('--json', 'one strategy a line, as JSON', false)
    .option('--sources', 'what arrives, by source, instead', false)
    .option('--navigator <file>', 'write a layer for the ATT&CK Navigator there')
    .addHelpText('after', example('tallyman coverage --navigator layer.json'))
    .action(async (options: DataOptions & CoverageWords) =>
      done(await showCoverage(configOf(options), options, output)),
    )
  addSite(program, output, done)
}

function addSite(program: Command, output: Output, done: Done): void {
  const lists = program.command('lists').description('what rules ask of your site: images, machines, people')
  withData(lists.command('list').description('with what their values are, and how many rules read them'))
    .option('--json', 'one list a line', false)
    .addHelpText('after', example('tallyman lists list'))
    .action(async (options: DataOptions & { json: boolean }) =>
      done(await listLists(configOf(options), options.json, output)),
    )
  withData(
    lists
      .command('show')
      .description('one list: its meaning, its values, its rules, how its file is written')
      .argument('<name>'),
  )
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman lists show approvedImages'))
    .action(async (name: string, options: DataOptions & { json: boolean }) =>
      done(await showList(configOf(options), name, options.json, output)),
    )
  withData(
    program
      .command('reload')
      .description('have the running daemon read the site, the strategies and the rules again'),
  )
    .addHelpText('after', example('tallyman reload'))
    .action(async (options: DataOptions) => done(await reload(configOf(options), output)))
}

interface DataOptions {
  readonly config?: string
  readonly data?: string
}

function withData(command: Command): Command {
  return command
    .option('--config <file>', 'configuration; tallyman.yaml of the working folder unless told')
    .option('--data <dir>', 'data folder, instead of the configuration’s')
}

function accountable(command: Command): Command {
  return command
    .requiredOption('--owner <who>', 'who answers for it')
    .requiredOption('--reason <why>', 'why it stands')
}

function configOf(options: DataOptions, port?: number): Config {
  const config = loadConfig(options.config)
  return {
    ...config,
    ...(options.data === undefined ? {} : { data: resolve(options.data) }),
    listen: port === undefined ? config.listen : { ...config.listen, port },
  }
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

function parseCount(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1)
    throw new UserError(`no count ${text}`, { mend: 'a whole number from 1 on' })
  return n
}

function parseSeconds(text: string): number {
  const n = Number(text)
  if (!(n >= 0 && n <= 3_600)) throw new UserError(`no time ${text}`, { mend: 'seconds, from 0 to 3600' })
  return n
}

function parseJobs(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1 || n > MAX_JOBS)
    throw new UserError(`no number of jobs ${text}`, { mend: `a whole number from 1 to ${MAX_JOBS}` })
  return n
}

function parsePort(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0 || n > 65_535)
    throw new UserError(`no port ${text}`, { mend: 'a whole number from 0 to 65535' })
  return n
}

function example(command: string): string {
  return `\nExample:\n  $ ${command}\n`
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
