import { Option, type Command } from 'commander'
import { KEY_STATES, type KeyState } from '../../baseline-report.ts'
import { changeBaseline, exportBaselines, importFrom, listBaselines, showBaseline } from '../baselines.ts'
import type { Output } from '../output.ts'
import { configOf, example, withData, type DataOptions, type Done } from './words.ts'

interface ListWords {
  readonly json: boolean
  readonly status?: KeyState
  readonly text?: string
}

const RULE = 'id, name or title of the baseline'
const KEY = 'values of the key, in their order, or the JSON of them'

/** `baseline list|show|approve|forget|export|import` */
export function addBaselines(program: Command, output: Output, done: Done): void {
  const baseline = program.command('baseline').description('what baselines learned, from whom and when')
  withData(
    baseline
      .command('list')
      .description('how far all of them are, or the keys of one')
      .argument('[rule]', RULE)
      .addHelpText('after', example('tallyman baseline list'))
      .addHelpText('after', example('tallyman baseline list new_program --status learning')),
  )
    .option('--json', 'one JSON object a line', false)
    .addOption(new Option('--status <status>', 'keys that are so').choices(KEY_STATES))
    .option('--text <text>', 'within the key')
    .action(async (rule: string | undefined, options: DataOptions & ListWords) =>
      done(await listBaselines(configOf(options), { ...options, rule }, output)),
    )
  withData(
    baseline
      .command('show')
      .description('what a key learned')
      .argument('<rule>', RULE)
      .argument('<key...>', KEY)
      .addHelpText('after', example('tallyman baseline show new_program "container.image.name shop/web"')),
  )
    .option('--json', 'as JSON', false)
    .action(async (rule: string, key: readonly string[], options: DataOptions & { json: boolean }) =>
      done(await showBaseline(configOf(options), { rule, key, json: options.json }, output)),
    )
  for (const [verb, what] of CHANGES)
    withData(
      baseline
        .command(verb)
        .description(what)
        .argument('<rule>', RULE)
        .argument('<key...>', KEY)
        .addHelpText(
          'after',
          example(`tallyman baseline ${verb} new_program "container.image.name shop/web" --value /bin/nc`),
        ),
    )
      .option('--value <value>', 'this value alone')
      .action(async (rule: string, key: readonly string[], options: DataOptions & { value?: string }) =>
        done(await changeBaseline(configOf(options), verb, { rule, key, ...valueOf(options) }, output)),
      )
  withData(
    baseline
      .command('export')
      .description('what keys learned, one JSON object a line')
      .argument('[rule]', RULE)
      .addHelpText('after', example('tallyman baseline export > baselines.jsonl')),
  ).action(async (rule: string | undefined, options: DataOptions) =>
    done(await exportBaselines(configOf(options), rule, output)),
  )
  withData(
    baseline
      .command('import')
      .description('replace keys by exported ones')
      .argument('<file>', 'as export wrote it')
      .addHelpText('after', example('tallyman baseline import baselines.jsonl')),
  ).action(async (file: string, options: DataOptions) =>
    done(await importFrom(configOf(options), file, output)),
  )
}

const CHANGES = [
  ['approve', 'take what a key has for learned: what was told, held back or drifted as well'],
  ['forget', 'forget a key, which learns anew, or one value of it'],
] as const

function valueOf({ value }: { readonly value?: string }): { readonly value?: string } {
  return value === undefined ? {} : { value }
}
