import type { Config } from '../config/config.ts'
import { loadDetection, type Detection } from '../detection.ts'
import type { Tour } from './tour.ts'

/** What is shipped and nothing of the site's; compiled again only where the daemon's own rules are others. */
export async function shippedDetection(
  {
    config,
    strategies,
    now,
  }: { readonly config: Config; readonly strategies: string; readonly now: () => number },
  current: Detection,
): Promise<Detection> {
  const isShipped = config.strategies === undefined && config.rules.length === 0
  if (isShipped && current.site.lists.size === 0) return current
  return loadDetection({ strategies, rules: [], site: undefined, zone: config.zone, now })
}

/** Plays to its end, and says so, and how to go on. Never throws. */
export async function playTour(
  tour: Tour,
  { say, console }: { readonly say: (line: string) => void; readonly console: string | undefined },
): Promise<void> {
  try {
    const { over } = await tour.start()
    say('the tour plays: recorded telemetry, kept apart from what is yours')
    await over
    const incidents = tour.data()?.reader.incidents({ kind: 'incident', limit: 500 }).items ?? []
    const seen =
      console === undefined ? '' : `; look at them at ${console}/tour, once the login link above was opened`
    say(`the tour is over: ${incidents.length} incidents${seen}; t plays it again`)
    say(
      "next: give it something to read, 'tallyman discover' shows what this machine has and what is missing",
    )
  } catch (cause) {
    say(`the tour cannot be played: ${String(cause)}`)
  }
}
