import type { Config } from '../config/config.ts'
import { runningDaemon } from '../daemon/data-folder.ts'
import { createSink } from '../daemon/sink.ts'
import { UserError } from '../domain/errors.ts'
import { digest } from '../domain/hash.ts'
import { notificationView } from '../domain/notice-view.ts'
import type { Notification } from '../domain/notice.ts'
import type { NotificationQuery } from '../store/outbox.ts'
import { EXIT, type Exit } from './exit.ts'
import { clock, count, printJson, safe, table, type Output } from './output.ts'
import { readStore } from './read-store.ts'
import { writeThrough } from './write-through.ts'

/** One attempt, ms. */
const PATIENCE = 15_000

/** What sinks were told and are to be told, newest first, and how each sink is doing. */
export function listNotifications(
  config: Config,
  { json, ...query }: NotificationQuery & { readonly json: boolean },
  output: Output,
): Exit {
  const { page, sinks } = readStore(config, (reader) => ({
    page: reader.notifications(query),
    sinks: reader.sinkSummaries(),
  }))
  if (json || !output.terminal) for (const each of page.items) printJson(output, notificationView(each))
  else {
    output.out(
      table(
        ['ID', 'CREATED (UTC)', 'SINK', 'STATE', 'ATTEMPTS', 'WHAT', 'LAST ERROR'],
        page.items.map((each) => [
          String(each.id),
          clock(each.created),
          each.sink,
          each.digest === undefined ? each.state : `${each.state} (in ${each.digest})`,
          String(each.attempts),
          whatOf(each),
          each.error ?? '',
        ]),
      ),
    )
  }
  for (const { sink, pending, delivered, dead, failing } of sinks) {
    const trouble = failing === undefined ? '' : `; not reached: ${safe(failing.error)}`
    output.err(`${safe(sink)}: ${pending} pending, ${delivered} delivered, ${dead} dead${trouble}\n`)
  }
  for (const { name } of config.notify) {
    if (!sinks.some(({ sink }) => sink === name)) output.err(`${name}: nothing to tell so far\n`)
  }
  if (config.notify.length === 0) output.err('no sinks are configured: see docs/notify.md\n')
  if (page.next !== undefined) output.err(`more with --after ${page.next}\n`)
  return EXIT.ok
}

function whatOf({ notice }: Notification): string {
  switch (notice.kind) {
    case 'incident':
      return `${notice.level} incident ${notice.change}: ${notice.alert.rule.title}`
    case 'posture':
      return `posture report${notice.report === undefined ? '' : `: ${count(notice.report.entities, 'container')}`}`
    case 'finding':
      return `finding: ${notice.finding.kind} of ${notice.finding.about}`
    case 'digest':
      return `digest of ${count(notice.count, 'notification')}`
    case 'test':
      return 'test'
  }
}

/** Sends a test through one sink, now and from here, and says what came of it. Exits 1 where it was not delivered. */
export async function testSink(config: Config, name: string, output: Output): Promise<Exit> {
  const found = config.notify.find((each) => each.name === name)
  if (found === undefined) {
    const names = config.notify.map((each) => each.name).join(', ')
    throw new UserError(`no sink ${name}`, {
      mend: names === '' ? 'name one under notify: in the configuration (docs/notify.md)' : `one of ${names}`,
    })
  }
  const at = Date.now()
  const { host, port, origin } = config.listen
  const running = runningDaemon(config.data)?.url ?? `http://${host}:${port}`
  const delivery = {
    key: digest('test', name, String(at)),
    notice: { kind: 'test', at },
    console: origin ?? running,
  } as const
  const signal = AbortSignal.timeout(PATIENCE)
  const result = await createSink(found).deliver(delivery, { signal, now: Date.now })
  output.err(`${name}: ${result.kind}: ${safe(result.reason)}\n`)
  if (result.kind !== 'done') return EXIT.findings
  if (result.warning !== undefined) output.err(`${name}: ${safe(result.warning)}\n`)
  return EXIT.ok
}

/** One by its id, or all dead ones of a sink. */
export async function retryNotifications(
  config: Config,
  { id, sink }: { readonly id: string | undefined; readonly sink: string | undefined },
  output: Output,
): Promise<Exit> {
  if (id !== undefined && sink === undefined) {
    await change(config, id, 'retry')
    output.err(`notification ${id} is sent again\n`)
    return EXIT.ok
  }
  if (sink === undefined || id !== undefined)
    throw new UserError('what is to be sent again is not clear', {
      mend: 'name one by its id, or all dead ones of a sink with --sink NAME',
    })
  const answer = await writeThrough(config, {
    path: '/api/notifications/retry',
    body: { sink },
    direct: async (commands, actor) => ({ retried: await commands.retrySink(sink, actor) }),
  })
  const { retried } = answer as { readonly retried: number }
  output.err(`${count(retried, 'notification')} of ${safe(sink)} sent again\n`)
  return EXIT.ok
}

export async function dismissNotification(config: Config, typed: string, output: Output): Promise<Exit> {
  await change(config, typed, 'dismiss')
  output.err(`notification ${typed} is dropped\n`)
  return EXIT.ok
}

async function change(config: Config, typed: string, verb: 'retry' | 'dismiss'): Promise<void> {
  const id = Number(typed)
  if (!/^\d{1,15}$/.test(typed))
    throw new UserError(`no notification ${typed}`, { mend: "a number, as 'tallyman notify list' shows it" })
  await writeThrough(config, {
    path: `/api/notifications/${id}/${verb}`,
    body: {},
    direct: (commands, actor) =>
      verb === 'retry' ? commands.retryNotification(id, actor) : commands.dismissNotification(id, actor),
  })
}
