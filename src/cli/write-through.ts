import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createCommands, type Commands } from '../commands.ts'
import type { Config } from '../config.ts'
import { dataFiles, lockDataFolder, runningDaemon } from '../daemon/data-folder.ts'
import { UserError } from '../domain/errors.ts'
import { openStore } from '../store/sqlite.ts'

/** A change, as the API takes it and as the command line does without a daemon. */
export interface Change {
  readonly path: string
  readonly body: unknown
  readonly direct: (commands: Commands, actor: string) => unknown
}

/**
 * One writer: a change goes through the running daemon; with none running, this process takes the data
 * folder's lock and writes itself. Returns what the change answers.
 */
export async function writeThrough(config: Config, change: Change): Promise<unknown> {
  const daemon = runningDaemon(config.data)
  if (daemon !== undefined) return viaDaemon(daemon.url, config.data, change)
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
      return await change.direct(commands, `cli:${userName()}`)
    } finally {
      store.close()
    }
  } finally {
    lock.release()
  }
}

async function viaDaemon(url: string, folder: string, { path, body }: Change): Promise<unknown> {
  const response = await askDaemon(url, folder, path, body).catch((cause: Error) => {
    throw new UserError(`the daemon at ${url} cannot be asked: ${cause.message}`, {
      file: folder,
      mend: 'try again as the user that runs it; see its output',
      cause,
    })
  })
  const answer = (await response.json()) as { readonly error?: string; readonly mend?: string }
  if (response.ok) return answer
  throw new UserError(
    answer.error ?? `the daemon answered ${response.status}`,
    answer.mend === undefined ? {} : { mend: answer.mend },
  )
}

async function askDaemon(url: string, folder: string, path: string, body: unknown): Promise<Response> {
  const token = readFileSync(join(folder, 'cli.token'), 'utf8').trim()
  return fetch(new URL(path, url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-tallyman-user': userName(),
    },
    body: JSON.stringify(body),
  })
}

function userName(): string {
  try {
    return userInfo()
      .username.replace(/[^\w.-]/g, '_')
      .slice(0, 64)
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
