import { rmSync } from 'node:fs'
import { createCommands } from '../commands.ts'
import { judgedBy, type Detection } from '../detection.ts'
import { readRecordings, replayInput } from '../inputs/replay.ts'
import { runPipeline, type BatchResult } from '../loop/pipeline.ts'
import { sources } from '../sources/index.ts'
import { openReader, openStore } from '../store/sqlite.ts'
import { limits } from '../limits.ts'
import type { Reader } from '../store/store.ts'
import { dataFiles } from './data-folder.ts'
import type { DataParts } from './data-routes.ts'
import { createLive, type Live } from './live.ts'
import { createStatus } from './status.ts'
import { makeFolder } from '../domain/make-folder.ts'

const ZONE = 'UTC'
/** So long the recorded minutes take unless a start says otherwise, ms: the queue grows before one's eyes. */
const DURATION = 40_000

/** How far the tour is. `total` is what there is to play. */
export interface TourState {
  readonly state: 'idle' | 'playing' | 'done' | 'failed'
  readonly records: number
  readonly total: number
  readonly message?: string
}

export interface TourOptions {
  /** Thrown away and made anew at each start; nothing else lies there. */
  readonly folder: string
  /** Folder of what was recorded. */
  readonly recordings: string
  /** The shipped rules, compiled without the lists of any site. */
  readonly detection: () => Promise<Detection>
  readonly now: () => number
  readonly levelOf: DataParts['levelOf']
  /** What is told after each batch, asked for once a start with the store that they go into. */
  readonly watch?: (reader: Reader) => (result: BatchResult) => void
}

/** Recorded telemetry through the engine, into a store of its own: it never meets what is real. */
export interface Tour {
  readonly current: () => TourState
  /** What the API answers about it; undefined until it was started. */
  readonly data: () => DataParts | undefined
  /** Throws away what it found before, and plays; resolves when it plays, `over` when it does no more. */
  start(duration?: number): Promise<{ readonly over: Promise<void> }>
  /** Ends it and closes its store. */
  stop(): Promise<void>
}

interface Showing {
  readonly data: DataParts
  readonly over: Promise<void>
  end(): Promise<void>
}

export function createTour(options: TourOptions): Tour {
  const audience = createAudience()
  let state: TourState = { state: 'idle', records: 0, total: 0 }
  let showing: Showing | undefined
  let last: Promise<unknown> = Promise.resolve()
  /** One start or stop after the other. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const result = last.then(change)
    last = result.catch(() => {})
    return result
  }
  const endShowing = async (): Promise<void> => {
    const before = showing
    showing = undefined
    await before?.end()
  }
  return {
    current: () => state,
    data: () => showing?.data,
    start: (duration = DURATION) =>
      inTurn(async () => {
        await endShowing()
        try {
          showing = await show(options, duration, audience, (next) => {
            state = next
          })
        } catch (cause) {
          state = { state: 'failed', records: 0, total: 0, message: messageOf(cause) }
          throw cause
        }
        return { over: showing.over }
      }),
    stop: () => inTurn(endShowing),
  }
}

async function show(
  options: TourOptions,
  duration: number,
  audience: Audience,
  tell: (state: TourState) => void,
): Promise<Showing> {
  const { folder, recordings, now } = options
  const lines = readRecordings(recordings)
  const files = dataFiles(folder)
  rmSync(folder, { recursive: true, force: true })
  makeFolder(folder)
  const shipped = await options.detection()
  const load = (): Promise<Detection> => judgedBy(shipped, { site: files.site, zone: ZONE, now })
  let detection = await load()
  const store = openStore(files.store, { durable: false })
  const reader = openReader(files.store)
  const input = replayInput({ name: 'tour', lines, duration })
  const live = createLive()
  audience.turnTo(live)
  const status = createStatus([{ type: 'replay', input }], now)
  const leave = status.onChange((changed) => live.status(changed))
  const commands = createCommands({
    store,
    site: files.site,
    now,
    reload: async () => {
      detection = await load()
    },
  })
  const watch = options.watch?.(reader)
  const total = lines.length
  let records = 0
  tell({ state: 'playing', records, total })
  const committed = (result: BatchResult): void => {
    records += result.counters.records
    tell({ state: 'playing', records, total })
    status.committed(result)
    live.committed(result, store)
    watch?.(result)
  }
  const stop = new AbortController()
  const parts = { store, sources, detection: () => detection, now, committed, ended: status.ended }
  const over = runPipeline([input], parts, stop.signal).then(
    () => tell({ state: 'done', records, total }),
    (cause: unknown) => tell({ state: 'failed', records, total, message: messageOf(cause) }),
  )
  return {
    data: {
      reader,
      commands,
      detection: () => detection,
      levelOf: options.levelOf,
      limits: () => limits({ detection, reader, site: files.site, zone: ZONE, now: now() }),
      status: status.current,
      zone: ZONE,
      live: audience,
    },
    over,
    async end() {
      stop.abort()
      await over
      leave()
      live.stop()
      reader.close()
      store.close()
    },
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

type Listener = Parameters<Live['subscribe']>[0]

/** Whoever listens goes on doing so when the tour begins again. */
interface Audience extends Pick<Live, 'subscribe'> {
  turnTo(live: Live): void
}

function createAudience(): Audience {
  const listeners = new Map<Listener, (() => void) | undefined>()
  let current: Live | undefined
  return {
    subscribe(listener) {
      listeners.set(listener, current?.subscribe(listener))
      return () => {
        listeners.get(listener)?.()
        listeners.delete(listener)
      }
    },
    turnTo(live) {
      current = live
      for (const listener of listeners.keys()) listeners.set(listener, live.subscribe(listener))
    },
  }
}
