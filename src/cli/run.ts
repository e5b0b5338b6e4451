import type { Config } from '../config/config.ts'
import type { Level } from '../domain/match.ts'
import { EXIT, type Exit } from './exit.ts'
import { keyboard } from './keyboard.ts'
import { SHIPPED_CONSOLE, SHIPPED_STRATEGIES, TOUR_RECORDINGS } from './options.ts'
import { narrate, safe, type Output } from './output.ts'
import { painted, wantsColour } from './paint.ts'

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
    const coloured = wantsColour(output.terminal)
    const say = (line: string, level?: Level): void =>
      output.out(`${new Date().toISOString()} ${painted(safe(line), coloured ? level : undefined)}\n`)
    const found = hostRoot === undefined ? {} : { hostRoot }
    const shipped = { strategies: SHIPPED_STRATEGIES, tour: TOUR_RECORDINGS, console: SHIPPED_CONSOLE }
    using keys = keyboard(ask)
    const offerTour = (start: () => void): void => {
      if (!keys.on('t', start)) return
      output.out('press t for the tour: recorded telemetry, played through all of this\n')
    }
    await runDaemon({ config, ...found, ...shipped, now: Date.now, say, offerTour }, stop.signal)
    return EXIT.ok
  } finally {
    process.off('SIGINT', ask)
    process.off('SIGTERM', ask)
  }
}
