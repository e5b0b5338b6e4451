import type { Config } from '../config.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_CONSOLE, SHIPPED_STRATEGIES } from './options.ts'
import { narrate, safe, type Output } from './output.ts'

/** Runs the daemon until it is told to stop (SIGINT, SIGTERM) or its inputs end. */
export async function run(config: Config, hostRoot: string | undefined, output: Output): Promise<Exit> {
  const stop = new AbortController()
  const ask = (): void => stop.abort()
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  try {
    // Loaded here: the other verbs need neither the HTTP server nor the inputs that stay.
    const { runDaemon } = await import('../daemon/run.ts')
    narrate()
    const say = (line: string): void => output.out(`${new Date().toISOString()} ${safe(line)}\n`)
    const found = hostRoot === undefined ? {} : { hostRoot }
    await runDaemon(
      { config, ...found, strategies: SHIPPED_STRATEGIES, console: SHIPPED_CONSOLE, now: Date.now, say },
      stop.signal,
    )
    return EXIT.ok
  } finally {
    process.off('SIGINT', ask)
    process.off('SIGTERM', ask)
  }
}
