import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { dataFiles } from '../daemon/data-folder.ts'
import { UserError } from '../domain/errors.ts'
import { openReader } from '../store/sqlite.ts'
import type { Reader } from '../store/store.ts'

/** Asks the store beside whoever writes it. Throws a UserError where the data folder holds none. */
export function readStore<T>(config: Config, ask: (reader: Reader) => T): T {
  const { store } = dataFiles(config.data)
  if (!existsSync(store)) {
    throw new UserError(`no store in ${config.data}`, {
      mend: "start 'tallyman run' first, or name its folder with --data",
    })
  }
  const reader = openReader(store)
  try {
    return ask(reader)
  } finally {
    reader.close()
  }
}

/** The one id among those that begin with what was typed. */
export function resolveId(typed: string, ids: readonly string[]): string {
  const [only] = ids.includes(typed) ? [typed] : ids
  if (only !== undefined && (ids.length === 1 || only === typed)) return only
  throw new UserError(
    ids.length === 0 ? `nothing has the id ${typed}` : `${typed} is the beginning of several ids`,
    {
      mend: 'give more of the id, as the list shows it',
    },
  )
}
