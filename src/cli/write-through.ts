import { createCommands, type Commands } from '../commands.ts'
import type { Config } from '../config/config.ts'
import { dataFiles, lockDataFolder, runningDaemon } from '../daemon/data-folder.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { askDaemon, userName } from './ask-daemon.ts'

/** A change, as the API takes it and as the command line does without a daemon. */
export interface Change {
  readonly path: string
  readonly body: unknown
  readonly direct: (commands: Commands, actor: string, store: Store) => unknown
}

/**
 * One writer: a change goes through the running daemon; with none running, this process takes the data
 * folder's lock and writes itself. Returns what the change answers.
 */
export async function writeThrough(config: Config, change: Change): Promise<unknown> {
  const daemon = runningDaemon(config.data)
  if (daemon !== undefined) return askDaemon(daemon, config.data, change.path, change.body)
  const files = dataFiles(config.data)
  const lock = lockDataFolder(config.data)
  try {
    const store = openStore(files.store, { durable: true })
    try {
      const commands = createCommands({
        store,
        site: config.site ?? files.site,
        now: Date.now,
        reload: async () => {},
      })
      return await change.direct(commands, `cli:${userName()}`, store)
    } finally {
      store.close()
    }
  } finally {
    lock.release()
  }
}
