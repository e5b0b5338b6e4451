import type { Config } from '../config/config.ts'
import type { Reloaded } from '../daemon/current-detection.ts'
import { runningDaemon } from '../daemon/data-folder.ts'
import { UserError } from '../domain/errors.ts'
import { askDaemon } from './ask-daemon.ts'
import { EXIT, type Exit } from './exit.ts'
import { count, safe, type Output } from './output.ts'

/** Has the running daemon read the site, the strategies and the rules again. Exits 1 where something was refused. */
export async function reload(config: Config, output: Output): Promise<Exit> {
  const daemon = runningDaemon(config.data)
  if (daemon === undefined) {
    throw new UserError(`no daemon runs on ${config.data}`, {
      mend: "nothing is to be done: 'tallyman run' reads everything at its start; or name its folder with --data",
    })
  }
  const done = (await askDaemon(daemon, config.data, '/api/reload', {})) as Reloaded
  for (const { file, line, column, message, mend } of done.problems)
    output.err(
      `refused: ${safe(`${file}:${line}:${column}: ${message}`)}\n${mend === undefined ? '' : `  mend: ${safe(mend)}\n`}`,
    )
  if (done.failed !== undefined)
    throw new UserError(`what was loaded before stays: ${done.failed}`, { mend: 'correct it, and try again' })
  const lists = done.lists.length === 0 ? 'no list is set' : `lists set: ${done.lists.join(', ')}`
  output.err(`${count(done.rules, 'rule')} of ${done.strategies} strategies in force; ${safe(lists)}\n`)
  return done.problems.length > 0 ? EXIT.findings : EXIT.ok
}
