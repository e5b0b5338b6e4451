import type { Command } from 'commander'
import { addSilence, adopt, listSilences } from '../change.ts'
import { collect } from '../options.ts'
import type { Output } from '../output.ts'
import { accountable, configOf, example, withData, type DataOptions, type Done } from './words.ts'

/** `silence` and `adopt` */
export function addChanges(program: Command, output: Output, done: Done): void {
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
