import { Option, type Command } from 'commander'
import { checkConfig, printSchema, showConfig } from '../config-command.ts'
import { listContainers } from '../containers.ts'
import { showCoverage, type CoverageWords } from '../coverage.ts'
import { doctor, type DoctorWords } from '../doctor.ts'
import { listFields, showField, type FieldsOptions } from '../fields.ts'
import { listLists, showList } from '../lists.ts'
import { checkMapping } from '../mapping-command.ts'
import { SHIPPED_STRATEGIES } from '../options.ts'
import type { Output } from '../output.ts'
import { listSources } from '../sources.ts'
import { configOf, example, withData, type DataOptions, type Done } from './words.ts'

/** `sources`, `fields`, `mapping`, `config`, `doctor`, `coverage`, `containers`, `lists`: what is set, read and seen */
export function addStanding(program: Command, output: Output, done: Done): void {
  addSources(program, output, done)
  addFields(program, output, done)
  addMapping(program, output, done)
  addConfig(program, output, done)
  addCoverage(program, output, done)
  addContainers(program, output, done)
  addLists(program, output, done)
}

function addSources(program: Command, output: Output, done: Done): void {
  program
    .command('sources')
    .description('the telemetry that can be read')
    .command('list')
    .description('with the log sources that each serves')
    .option('--json', 'as JSON', false)
    .addHelpText('after', example('tallyman sources list'))
    .action((options: { json: boolean }) => done(listSources(options.json, output)))
}

function addFields(program: Command, output: Output, done: Done): void {
  const fields = program
    .command('fields')
    .description('what rules can ask: which sources fill it, by which settings, which rules read it')
  const shared = (command: Command): Command =>
    command
      .option('--source <name>', 'only what this source fills')
      .addOption(
        new Option('--strategies <dir>', 'a folder of documents').default(
          SHIPPED_STRATEGIES,
          'the shipped ones',
        ),
      )
      .option('--json', 'one field a line, as JSON', false)
  shared(
    fields.command('list').description('every field of the catalogue, and those that rules read besides'),
  )
    .addHelpText('after', example('tallyman fields list --source falco'))
    .action(async (options: FieldsOptions) => done(await listFields(options, output)))
  shared(fields.command('show').description('one field wherever it stands').argument('<name>'))
    .addHelpText('after', example('tallyman fields show process.executable.name'))
    .action(async (name: string, options: FieldsOptions) => done(await showField(name, options, output)))
}

function addMapping(program: Command, output: Output, done: Done): void {
  program
    .command('mapping')
    .description('how JSON of other formats is read')
    .command('check')
    .description('every mistake in a mapping; with records, what it makes of them')
    .argument('<file>', 'the mapping')
    .argument('[records]', 'a file of records, one JSON object a line, or an array')
    .option('--json', 'one JSON object a line', false)
    .addHelpText('after', example('tallyman mapping check agent.yaml sample.ndjson'))
    .action(async (file: string, records: string | undefined, options: { json: boolean }) =>
      done(await checkMapping(file, records, options.json, output)),
    )
}

function addConfig(program: Command, output: Output, done: Done): void {
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
}

function addCoverage(program: Command, output: Output, done: Done): void {
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
}

function addContainers(program: Command, output: Output, done: Done): void {
  withData(
    program
      .command('containers')
      .description('what runs, and which of orchestrator, runtime and kernel know it'),
  )
    .option('--json', 'one container a line, as JSON', false)
    .addHelpText('after', example('tallyman containers'))
    .action((options: DataOptions & { json: boolean }) =>
      done(listContainers(configOf(options), options.json, output)),
    )
}

function addLists(program: Command, output: Output, done: Done): void {
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
}
