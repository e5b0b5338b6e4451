import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../domain/errors.ts'

/** Does work in a folder of its own and removes it, however the work ends. Throws a UserError where there is no place for one. */
export async function inTemporaryFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = made(join(tmpdir(), `tallyman-${name}-`))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function made(prefix: string): string {
  try {
    return mkdtempSync(prefix)
  } catch (cause) {
    throw new UserError(`cannot make a temporary folder: ${(cause as Error).message}`, {
      mend: 'name a folder that can be written with TMPDIR',
      cause,
    })
  }
}
