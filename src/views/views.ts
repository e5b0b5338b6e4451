import type { ContainerLook } from '../domain/container-look.ts'
import type { Event } from '../domain/event.ts'
import { viewKey, type ViewKey, type ViewRow } from '../domain/state.ts'
import { differenceEvent } from './difference-event.ts'
import { differencesOf } from './differences.ts'
import { lookTaken } from './look-taken.ts'
import { seenInPassing } from './seen-in-passing.ts'

/** What the orchestrator, the runtimes and the kernel of each machine say of its containers, and where they differ. */
export interface Views {
  /** Somebody looked: differences that have lasted for the bound by now, each told once. */
  look(look: ContainerLook, by: Pick<ViewRow, 'input' | 'source'>): readonly Event[]
  /** An event of a sensor names a container. */
  pass(event: Pick<Event, 'source' | 'time' | 'resource'>, input: string): readonly Event[]
  /** Whether an engine or an API server is asked what runs on that machine; on any, where none is named. */
  isAsked(host: string | undefined): boolean
  /** Rows that changed since the last call, and those that were forgotten, to be committed with the batch. */
  changes(): readonly ViewRow[]
  forgotten(): readonly ViewKey[]
}

export interface ViewsOptions {
  /** A difference that lasts no longer is a container that starts or ends, ms. */
  readonly bound: number
  /** Whether the input is still there: what came by another is nobody's view any more. */
  readonly isInput?: (name: string) => boolean
}

export const DEFAULT_BOUND = 30_000
const MAX_ROWS = 1_024
const MAX_TOLD = 50_000

export function createViews(
  stored: readonly ViewRow[],
  { bound, isInput = () => true }: ViewsOptions,
): Views {
  // those that were heard last stand last
  const rows = new Map<string, ViewRow>()
  const changed = new Map<string, ViewRow>()
  const forgotten = new Map<string, ViewKey>()
  const told = new Set<string>()

  const forget = (row: ViewRow): void => {
    const key = viewKey(row)
    rows.delete(key)
    changed.delete(key)
    forgotten.set(key, row)
  }
  const put = (row: ViewRow): void => {
    const key = viewKey(row)
    rows.delete(key)
    rows.set(key, row)
    changed.set(key, row)
    forgotten.delete(key)
    const [oldest] = rows.values()
    if (rows.size > MAX_ROWS && oldest !== undefined) forget(oldest)
  }
  for (const row of stored) {
    if (isInput(row.input)) rows.set(viewKey(row), row)
    else forgotten.set(viewKey(row), row)
  }

  const at = (host: string): readonly ViewRow[] => [...rows.values()].filter((row) => row.host === host)
  const news = (host: string): readonly Event[] =>
    differencesOf(at(host), bound)
      .map(differenceEvent)
      .filter(({ id }) => {
        if (told.has(id)) return false
        told.add(id)
        const [oldest] = told
        if (told.size > MAX_TOLD && oldest !== undefined) told.delete(oldest)
        return true
      })

  return {
    look(look, by) {
      const row = lookTaken(rows.get(viewKey({ ...look, ...by })), look, by)
      if (row === undefined) return []
      put(row)
      return news(look.host)
    },
    pass(event, input) {
      const row = seenInPassing(event, input, (observer, host) => {
        const key = viewKey({ host, view: 'kernel', observer, input })
        return rows.get(key)
      })
      if (row === undefined || !at(row.host).some(({ view }) => view !== 'kernel')) return []
      put(row)
      return news(row.host)
    },
    isAsked: (host) =>
      [...rows.values()].some((row) => row.view !== 'kernel' && (host === undefined || row.host === host)),
    changes() {
      const all = [...changed.values()]
      changed.clear()
      return all
    },
    forgotten() {
      const all = [...forgotten.values()]
      forgotten.clear()
      return all
    },
  }
}
