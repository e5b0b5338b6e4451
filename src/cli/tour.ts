import { once } from 'node:events'
import { createAlertLines } from '../daemon/alert-lines.ts'
import { loadDetection } from '../detection.ts'
import { UserError } from '../domain/errors.ts'
import { alertView } from '../domain/alert-view.ts'
import type { BatchResult } from '../loop/pipeline.ts'
import type { Reader } from '../store/store.ts'
import { EXIT, type Exit } from './exit.ts'
import { inTemporaryFolder } from './in-temporary-folder.ts'
import { SHIPPED_STRATEGIES, TOUR_RECORDINGS } from './options.ts'
import { count, printJson, safe, type Output } from './output.ts'
import { painted, wantsColour } from './paint.ts'

export interface TourWords {
  /** How long the recorded minutes take. */
  readonly seconds: number
  readonly json: boolean
}

/** Plays the recordings into a store that is thrown away, and prints what comes of it as it comes. */
export function playTour(words: TourWords, output: Output): Promise<Exit> {
  return inTemporaryFolder('tour', (folder) => playIn(folder, words, output))
}

async function playIn(folder: string, { seconds, json }: TourWords, output: Output): Promise<Exit> {
  // Loaded here: the other verbs need none of the daemon's parts.
  const { createTour } = await import('../daemon/tour.ts')
  const stop = new AbortController()
  const ask = (): void => stop.abort()
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  const people = output.terminal && !json
  const tour = createTour({
    folder,
    recordings: TOUR_RECORDINGS,
    detection: () =>
      loadDetection({
        strategies: SHIPPED_STRATEGIES,
        rules: [],
        site: undefined,
        zone: 'UTC',
        now: Date.now,
      }),
    now: Date.now,
    levelOf: () => undefined,
    watch: (reader) => (people ? asText(reader, output) : asJson(reader, output)),
  })
  try {
    if (people) output.err('playing recorded telemetry; times are those of the recording (UTC)\n\n')
    const { over } = await tour.start(seconds * 1_000)
    await Promise.race([over, once(stop.signal, 'abort')])
    const { state, message } = tour.current()
    if (state === 'failed') throw new UserError(`the tour broke off: ${message}`, { mend: 'report this' })
    if (people) farewell(tour.data()?.reader, output)
    return EXIT.ok
  } finally {
    await tour.stop()
    process.off('SIGINT', ask)
    process.off('SIGTERM', ask)
  }
}

/** A line for each alert as it opens, below the incident that it belongs to. */
function asText(reader: Reader, output: Output): (result: BatchResult) => void {
  // nothing is kept: an id would lead nowhere
  const lines = createAlertLines(reader, ({ strategy }) => strategy)
  const coloured = wantsColour(output.terminal)
  return ({ alerts }) => {
    for (const { text, level } of lines(alerts))
      output.out(`${painted(safe(text), coloured ? level : undefined)}\n`)
  }
}

function asJson(reader: Reader, output: Output): (result: BatchResult) => void {
  return ({ alerts }) => {
    for (const { id, opened } of alerts) {
      const alert = opened ? reader.alert(id) : undefined
      if (alert !== undefined) printJson(output, alertView(alert))
    }
  }
}

function farewell(reader: Reader | undefined, output: Output): void {
  if (reader === undefined) return
  const { records, alerts } = reader.totals()
  const incidents = reader.incidents({ kind: 'incident', limit: 500 }).items
  const strategies = new Set(incidents.flatMap((each) => each.alerts.map(({ strategy }) => strategy)))
  output.out(
    `\n${count(records, 'record')}, ${count(alerts, 'alert')} of ${strategies.size} strategies in ${count(incidents.length, 'incident')}; nothing of it was kept\n`,
  )
  output.out(`
how to go on
  npm start              watch this machine, with the console; the tour is there too
  tallyman discover      what this machine has to read
  tallyman scan <path>   hunt once over files of your own
`)
}
