import { Option, type Command } from 'commander'
import { lint } from '../lint.ts'
import { SHIPPED_STRATEGIES } from '../options.ts'
import type { Output } from '../output.ts'
import { listStrategies, showStrategy } from '../strategies.ts'
import { testStrategies } from '../test.ts'
import { example, type Done } from './words.ts'

/** `lint`, `test`, `strategies` */
export function addDocuments(program: Command, output: Output, done: Done): void {
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
}
