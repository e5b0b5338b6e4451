import { Option, type Command } from 'commander'
import { NOTIFICATION_STATES, type NotificationState } from '../../domain/notice.ts'
import { dismissNotification, listNotifications, retryNotifications, testSink } from '../notify.ts'
import type { Output } from '../output.ts'
import { configOf, example, parseCount, withData, type DataOptions, type Done } from './words.ts'

interface ListWords {
  readonly json: boolean
  readonly state?: NotificationState
  readonly sink?: string
  readonly limit?: number
  readonly after?: string
}

/** `notify list|test|retry|dismiss` */
export function addNotify(program: Command, output: Output, done: Done): void {
  const notify = program.command('notify').description('who is told: webhooks, syslog, mail')
  withData(
    notify
      .command('list')
      .description('what was told and is to be told, newest first')
      .addHelpText('after', example('tallyman notify list --state dead')),
  )
    .option('--json', 'one JSON object a line', false)
    .addOption(new Option('--state <state>', 'pending, delivered or dead').choices([...NOTIFICATION_STATES]))
    .option('--sink <name>', 'of one sink')
    .option('--limit <n>', 'at most 500', parseCount)
    .option('--after <cursor>', 'the next page, as the one before says')
    .action((options: DataOptions & ListWords) => {
      const { json, state, sink, limit, after } = options
      done(listNotifications(configOf(options), { json, state, sink, limit, after }, output))
    })
  withData(
    notify
      .command('test')
      .description('send a test through a sink, and say what it answered')
      .argument('<name>', 'of the sink'),
  )
    .addHelpText('after', example('tallyman notify test ops'))
    .action(async (name: string, options: DataOptions) =>
      done(await testSink(configOf(options), name, output)),
    )
  withData(
    notify
      .command('retry')
      .description('send a dead one again, or all dead ones of a sink')
      .argument('[id]', 'as the list shows it'),
  )
    .option('--sink <name>', 'all dead ones of this sink')
    .addHelpText('after', example('tallyman notify retry 17'))
    .addHelpText('after', example('tallyman notify retry --sink ops'))
    .action(async (id: string | undefined, options: DataOptions & { readonly sink?: string }) =>
      done(await retryNotifications(configOf(options), { id, sink: options.sink }, output)),
    )
  withData(notify.command('dismiss').description('drop a dead one').argument('<id>', 'as the list shows it'))
    .addHelpText('after', example('tallyman notify dismiss 17'))
    .action(async (id: string, options: DataOptions) =>
      done(await dismissNotification(configOf(options), id, output)),
    )
}
