import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { DaemonAddress } from '../daemon/data-folder.ts'
import { UserError } from '../domain/errors.ts'

/** Asks the running daemon, with a body to change something. Throws a UserError where it cannot be asked or refuses. */
export async function askDaemon(
  { url }: DaemonAddress,
  folder: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await send(url, folder, path, body).catch((cause: Error) => {
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

async function send(url: string, folder: string, path: string, body: unknown): Promise<Response> {
  const token = readFileSync(join(folder, 'cli.token'), 'utf8').trim()
  // a connection that is kept may be closed by the daemon just as it is used again
  const headers = { authorization: `Bearer ${token}`, connection: 'close' }
  if (body === undefined) return fetch(new URL(path, url), { headers })
  return fetch(new URL(path, url), {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'x-tallyman-user': userName() },
    body: JSON.stringify(body),
  })
}

/** Who runs this command, as the audit trail shows it. */
export function userName(): string {
  try {
    return userInfo()
      .username.replace(/[^\w.-]/g, '_')
      .slice(0, 64)
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
