import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')

/** A daemon in a process of its own, as a user starts it. */
export interface Daemon {
  readonly process: ChildProcess
  /** What it has printed so far. */
  printed(): string
  /** The address of its API; waits until it is announced. */
  url(): Promise<string>
  /** GET or POST with the token of the command line. */
  ask(path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>
  kill(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `tallyman run` on a data folder, in a network namespace where one is named. */
export function startDaemon(
  data: string,
  config: string,
  more: readonly string[] = [],
  netns?: string,
): Daemon {
  const words = [LAUNCHER, 'run', '--config', config, '--data', data, '--port', '0', ...more]
  const [program = LAUNCHER, ...rest] =
    netns === undefined ? words : ['nsenter', `--net=/run/netns/${netns}`, ...words]
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  const note = (chunk: Buffer): void => {
    printed += chunk.toString()
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const exited = once(child, 'exit')

  const url = async (): Promise<string> => {
    const address = await eventually(() => announced(data, child.pid), 60_000, 'the daemon’s address')
    return address.url
  }
  return {
    process: child,
    printed: () => printed,
    url,
    async ask(path, body) {
      const token = readFileSync(join(data, 'cli.token'), 'utf8').trim()
      const response = await fetch(new URL(path, await url()), {
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          // a daemon that was busy for seconds closes kept connections just when one is used again
          connection: 'close',
        },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    },
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}

function announced(data: string, pid: number | undefined): { url: string } | undefined {
  try {
    const address = JSON.parse(readFileSync(join(data, 'daemon.json'), 'utf8')) as {
      pid: number
      url: string
    }
    return address.pid === pid ? address : undefined
  } catch {
    return undefined
  }
}

/** Asks again and again until there is an answer; throws after `within` ms. */
export async function eventually<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  within = 20_000,
  what = 'what was waited for',
): Promise<T> {
  const end = performance.now() + within
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > end) throw new Error(`${what} did not come within ${within} ms`)
    await sleep(25)
  }
}
