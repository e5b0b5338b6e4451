import type { Config } from '../config/config.ts'
import { newLoginLink } from '../daemon/auth.ts'
import { runningDaemon } from '../daemon/data-folder.ts'
import { UserError } from '../domain/errors.ts'
import { EXIT, type Exit } from './exit.ts'
import type { Output } from './output.ts'

/** Prints a link that opens a session of the running daemon, once. */
export function login(config: Config, output: Output): Exit {
  const daemon = runningDaemon(config.data)
  if (daemon === undefined) {
    throw new UserError(`no daemon runs on ${config.data}`, {
      mend: "start 'tallyman run', or name its folder with --data",
    })
  }
  output.out(
    `${newLoginLink({ folder: config.data, origin: config.listen.origin ?? daemon.url, now: Date.now() })}\n`,
  )
  return EXIT.ok
}
