import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UserError } from '../domain/errors.ts'
import { makeFolder } from '../domain/make-folder.ts'

/** The files of a data folder. */
export function dataFiles(
  folder: string,
): Readonly<Record<'store' | 'lock' | 'daemon' | 'site' | 'agents' | 'spool', string>> {
  return {
    store: join(folder, 'tallyman.db'),
    lock: join(folder, 'lock.db'),
    daemon: join(folder, 'daemon.json'),
    site: join(folder, 'site'),
    // of those who send to it, and what an agent keeps until it is sent
    agents: join(folder, 'agents.json'),
    spool: join(folder, 'spool.db'),
  }
}

/** How a command line finds the daemon that holds the folder. */
export interface DaemonAddress {
  readonly pid: number
  readonly url: string
}

/** Held by the one process that writes; the operating system lets go of it when that process dies, however it does. */
export interface DataLock {
  announce(address: DaemonAddress): void
  release(): void
}

/** Makes the folder where it is missing, and takes its lock. Throws a UserError where another process holds it. */
export function lockDataFolder(folder: string): DataLock {
  const files = dataFiles(folder)
  try {
    makeFolder(folder)
  } catch (cause) {
    throw new UserError(`cannot make the data folder: ${(cause as Error).message}`, {
      file: folder,
      mend: 'name a folder that this user can write with --data',
      cause,
    })
  }
  const lock = takeLock(files.lock, folder)
  // A killed daemon's address: whoever listens there now must not be shown the new token.
  rmSync(files.daemon, { force: true })
  return {
    announce: (address) => writeFileSync(files.daemon, JSON.stringify(address), { mode: 0o600 }),
    release() {
      rmSync(files.daemon, { force: true })
      lock.close()
    },
  }
}

/** The daemon that holds the folder; undefined where none does. */
export function runningDaemon(folder: string): DaemonAddress | undefined {
  try {
    const lock = takeLock(dataFiles(folder).lock, folder, 0)
    lock.close()
    return undefined
  } catch (cause) {
    if (!(cause instanceof UserError) || cause.mend !== STOP_IT) return undefined
  }
  return announced(folder)
}

const STOP_IT = 'stop it, or name another folder and another port: npm start -- --data ./other --port 7420'

/** A command line holds the lock for a moment; a daemon for good. ms. */
const LOCK_PATIENCE = 2_000

/** What the daemon wrote of itself; undefined where none did, or not yet. */
function announced(folder: string): DaemonAddress | undefined {
  try {
    return JSON.parse(readFileSync(dataFiles(folder).daemon, 'utf8')) as DaemonAddress
  } catch {
    return undefined
  }
}

function holder(folder: string): string {
  const address = announced(folder)
  return address === undefined ? '' : `: process ${address.pid}, ${address.url}`
}

function takeLock(file: string, folder: string, patience = LOCK_PATIENCE): DatabaseSync {
  let lock: DatabaseSync | undefined
  try {
    closeSync(openSync(file, 'a', 0o600))
    lock = new DatabaseSync(file, { timeout: patience })
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock?.close()
    const { message } = cause as Error
    if (/locked|busy/i.test(message)) {
      throw new UserError(`another Tallyman uses the data folder ${folder}${holder(folder)}`, {
        file: folder,
        mend: STOP_IT,
        cause,
      })
    }
    throw new UserError(`cannot use the data folder: ${message}`, {
      file: folder,
      mend: 'free space on its file system, or name a folder that this user can write with --data',
      cause,
    })
  }
}
