import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { createCommands } from '../commands.ts'
import type { Assessment } from '../engine/assumptions.ts'
import { createAuditProbes } from '../engine/audit-probes.ts'
import { isLoopback } from '../domain/loopback.ts'
import type { Level } from '../domain/match.ts'
import { routesOf, unknownStrategies } from '../config/notify-config.ts'
import { limits } from '../limits.ts'
import { patienceOf } from '../config/correlations-config.ts'
import { viewsBound } from '../config/views-config.ts'
import { boundsOf } from '../config/retention-config.ts'
import { runPipeline, type BatchResult } from '../loop/pipeline.ts'
import { notPresentOf } from '../site/not-present.ts'
import { sources } from '../sources/index.ts'
import { openReader, openStore } from '../store/sqlite.ts'
import { createApi } from './api.ts'
import { readConsole } from './console-files.ts'
import { createAuth } from './auth.ts'
import { systemClock } from './clock.ts'
import { beatsOf } from './beats.ts'
import { awaitedInput, configuredInput, mappedBesides, speaksAs } from './configured-input.ts'
import { contactsOf } from './contacts.ts'
import { containersFirst } from './containers-first.ts'
import { currentDetection } from './current-detection.ts'
import { dataFiles, lockDataFolder } from './data-folder.ts'
import { discoveredInputs } from './discovered-inputs.ts'
import { discover, type Discovered } from './discovery.ts'
import { configuredWords, discoveryItems, startWords } from './discovery-view.ts'
import { createDispatcher } from './dispatcher.ts'
import { allowedHosts, listen } from './listen.ts'
import { createLive } from './live.ts'
import { createNews } from './news.ts'
import { watchSilence } from './silence.ts'
import { createSink } from './sink.ts'
import { keepRetention } from './retention.ts'
import { strategyLevels } from './strategy-levels.ts'
import { createStatus } from './status.ts'
import { createTending } from './tending.ts'
import { playTour, shippedDetection } from './play-tour.ts'
import { createTour } from './tour.ts'

export interface RunOptions {
  readonly config: Config
  /** Where the machine's root is; `/` unless told. */
  readonly hostRoot?: string
  readonly strategies: string
  /** The folder of the built console. */
  readonly console: string
  /** Folder of recordings. */
  readonly tour: string
  /** Told, once it serves, how the tour is started, where there is nothing to read yet. */
  readonly offerTour?: (start: () => void) => void
  readonly now: () => number
  /** One line for people; hostile text is the caller's to make safe. A level is the first word of its line after the time. */
  readonly say: (line: string, level?: Level) => void
}

/**
 * The daemon: inputs → loop → store, and the API beside it. Runs until the signal aborts or all inputs end and
 * nothing is left to serve. Throws a UserError where the data folder is taken or cannot be written.
 */
export async function runDaemon(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { config, now, say } = options
  const look = (): readonly Discovered[] =>
    discover({ env: process.env, ...(options.hostRoot === undefined ? {} : { root: options.hostRoot }) })
  const found = look()
  const isConfigured = config.inputs.length > 0
  const wanted = isConfigured ? config.inputs : discoveredInputs(found)
  const probes = createAuditProbes()
  const places = { data: config.data, say, probes }
  const inputs = containersFirst(
    wanted.map((each) => ({
      type: each.type,
      input: isConfigured ? configuredInput(each, places) : awaitedInput(each, places),
    })),
  )
  const files = dataFiles(config.data)
  const site = config.site ?? files.site
  const bounds = boundsOf(config.retention)
  using atEnd = new DisposableStack()
  const lock = atEnd.adopt(lockDataFolder(config.data), (held) => held.release())
  const store = atEnd.adopt(openStore(files.store, { durable: true }), (opened) => opened.close())
  const questions = atEnd.adopt(openReader(files.store), (opened) => opened.close())

  // a folder that is there can be watched, and says where lists go
  if (config.site === undefined) mkdirSync(join(site, 'lists'), { recursive: true, mode: 0o750 })
  const detection = await currentDetection(
    {
      strategies: config.strategies ?? options.strategies,
      rules: config.rules,
      site,
      zone: config.zone,
      now,
    },
    say,
  )
  atEnd.defer(detection.stop)
  const auth = createAuth({ folder: config.data, now })
  const live = createLive()
  const status = createStatus(inputs, now, store.findings())
  atEnd.defer(status.onChange((changed) => live.status(changed)))
  atEnd.defer(() => live.stop())
  const { tend } = createTending({ now, failed: status.failed, again: status.again })
  let retried = (_sink: string): void => {}
  const commands = createCommands({
    store,
    site,
    now,
    reload: detection.reload,
    retried: (sink) => retried(sink),
  })
  const address = { ...config.listen }
  const consoleFiles = readConsole(options.console)
  const report = (cause: unknown): void => say(`request failed: ${String(cause)}`)
  const levels = strategyLevels({ detection: detection.current, now, report })
  atEnd.defer(levels.stop)
  levels.begin()
  const levelOf = levels.of
  const tour = createTour({
    folder: join(config.data, 'tour'),
    recordings: options.tour,
    detection: () => shippedDetection(options, detection.current()),
    now,
    levelOf,
    watch: (reader) => createNews(reader, ({ text, level }) => say(`tour: ${text}`, level)),
  })
  let assessments: readonly Assessment[] | undefined
  const api = createApi({
    data: {
      reader: questions,
      commands,
      detection: detection.current,
      levelOf,
      limits: () =>
        limits({
          detection: detection.current(),
          reader: questions,
          size: bounds.size,
          assessments,
          agents: inputs.flatMap(({ input }) => input.agents?.() ?? []),
          site,
          zone: config.zone,
          now: now(),
        }),
      status: status.current,
      zone: config.zone,
      assessments: () => assessments,
      live,
    },
    tour: tour.data,
    reload: detection.reload,
    agents: { store, file: dataFiles(config.data).agents, now },
    start: { discovery: () => discoveryItems(look(), wanted), tour },
    auth,
    console: consoleFiles,
    audit: (actor, action, detail) => store.audit(actor, action, detail, now()),
    now,
    hosts: () => allowedHosts(address),
    report,
  })
  const server = await listen(api.fetch, address)
  atEnd.defer(() => {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
  const url = `http://${isLoopback(address.host) ? bracketed(address.host) : '127.0.0.1'}:${address.port}`
  lock.announce({ pid: process.pid, url })
  say(`data in ${config.data}`)
  for (const words of isConfigured ? configuredWords(config.inputs) : startWords(found)) say(words)
  say(`open ${auth.loginLink(address.origin ?? url)}  (works once, for 15 minutes)`)
  if (consoleFiles.size === 0)
    say("the console is not built: stop, and start with 'npm start', which builds it; the command line works")
  const loaded = detection.current().strategies.map(({ id }) => id)
  for (const { sink, strategy } of unknownStrategies(config.notify, loaded))
    say(`${sink} wants to be told of ${strategy}: there is no such strategy`)
  const dispatcher = createDispatcher({
    outbox: store,
    sinks: config.notify.map(createSink),
    console: () => address.origin ?? url,
    clock: systemClock,
    random: Math.random,
    say,
  })
  retried = dispatcher.again
  const routes = routesOf(config.notify)
  const forgetting = new AbortController()
  const { wake } = dispatcher
  void keepRetention({ store, bounds, routes, clock: systemClock, say, wake }, forgetting.signal)
  if (!isConfigured && found.every(({ state, type }) => state !== 'found' || type === 'unread'))
    options.offerTour?.(
      () =>
        void playTour(tour, { say, console: consoleFiles.size === 0 ? undefined : (address.origin ?? url) }),
    )
  const tell = createNews(store, ({ text, level }) => say(text, level))
  const committed = (result: BatchResult): void => {
    status.committed(result)
    if (result.alerts.length + result.findings.length > 0) dispatcher.wake()
    live.committed(result, store)
    tell(result)
  }
  const { ended } = status
  const watch = watchSilence(systemClock)
  const parts = {
    store,
    sources,
    speaksAs: speaksAs(wanted),
    besides: mappedBesides(wanted),
    arriving: true as const,
    detection: detection.current,
    now,
    routes,
    committed,
    tend,
    ended,
    watch,
    correlations: {
      ...patienceOf(config.correlations),
      waiting: MOST_WAITING,
      zone: config.zone,
      told: (line: string) => say(line),
    },
    coverage: {
      strategies: () => detection.current().strategies,
      contacts: () => contactsOf(inputs),
      notPresent: () => notPresentOf(detection.current().site, config.zone, now()),
      probes,
      judged: (found: readonly Assessment[]) => {
        assessments = found
      },
    },
    viewsBound: viewsBound(config.views),
    beats: beatsOf(systemClock),
  }
  try {
    await runPipeline(
      inputs.map(({ input }) => input),
      parts,
      signal,
    )
    if (!signal.aborted) await Promise.race([dispatcher.settled(), systemClock.wait(LAST_WORDS, signal)])
  } finally {
    forgetting.abort()
    await Promise.all([dispatcher.stop(), tour.stop()])
  }
  say(signal.aborted ? 'stopped' : 'all inputs have ended')
}

/** Matches that wait for correlations at most. */
const MOST_WAITING = 500_000
/** When all inputs have ended, sinks are told for so long at most, ms; the rest after the next start. */
const LAST_WORDS = 30_000

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
