import { VIEWS, type View } from '../domain/container-look.ts'
import type { ViewedContainer, ViewRow } from '../domain/state.ts'

/** A container that one view of a machine has seen for longer than the bound while another looked and did not. */
export interface Difference {
  readonly host: string
  readonly container: ViewedContainer
  /** In the order of `VIEWS`. */
  readonly seenBy: readonly View[]
  readonly missingFrom: readonly View[]
  /** Some of those saw it before. */
  readonly knownBefore: boolean
  /** The row that tells most of it. */
  readonly by: ViewRow
  /** Since when, and until when it was looked; ms. */
  readonly since: number
  readonly until: number
}

/**
 * What the rows of one machine say differently of a container for `bound` ms. A view that does not look now, or that
 * has no end of what it saw, misses nothing: what it would see cannot be told.
 */
export function differencesOf(rows: readonly ViewRow[], bound: number): readonly Difference[] {
  const views = new Map(VIEWS.map((view) => [view, rows.filter((row) => row.view === view)]))
  const told = new Map<string, Difference>()
  for (const by of rows) {
    for (const container of by.seen) {
      const found = differenceOf(container, by, views, bound)
      // whom the kernel tells of, the kernel tells most of
      if (found !== undefined) told.set(container.key, found)
    }
  }
  return [...told.values()]
}

function differenceOf(
  container: ViewedContainer,
  by: ViewRow,
  views: ReadonlyMap<View, readonly ViewRow[]>,
  bound: number,
): Difference | undefined {
  const seenBy: View[] = []
  const missing: (Missing & { readonly view: View })[] = []
  for (const [view, rows] of views) {
    if (rows.some((row) => sees(row, container))) seenBy.push(view)
    else {
      const since = missingFrom(container, by, rows)
      if (since !== undefined && since.until - since.since >= bound) missing.push({ view, ...since })
    }
  }
  if (missing.length === 0) return undefined
  return {
    host: by.host,
    container,
    seenBy,
    missingFrom: missing.map(({ view }) => view),
    knownBefore: missing.some(({ before }) => before),
    by,
    since: Math.max(...missing.map(({ since }) => since)),
    until: Math.min(...missing.map(({ until }) => until)),
  }
}

interface Missing {
  readonly since: number
  readonly until: number
  readonly before: boolean
}

/** From when until when `rows`, all that look for a view, looked and did not see what `by` saw. */
function missingFrom(container: ViewedContainer, by: ViewRow, rows: readonly ViewRow[]): Missing | undefined {
  if (rows.length === 0 || rows.some(({ leftOut }) => leftOut > 0)) return undefined
  const lasts = rows.map((row) => row.gone.find(({ key }) => key === container.key)?.last)
  return {
    since: Math.max(container.first, ...rows.map(({ began }, index) => Math.max(began, lasts[index] ?? 0))),
    until: Math.min(container.last ?? by.time, ...rows.map(({ time }) => time)),
    before: lasts.some((last) => last !== undefined),
  }
}

/** By its id, or as one of a pod: an orchestrator knows pods, of whose sandboxes it has no ids. */
export function sees(row: ViewRow, { key, pods = [] }: Pick<ViewedContainer, 'key' | 'pods'>): boolean {
  const index = indexOf(row)
  return index.keys.has(key) || pods.some((pod) => index.pods.has(pod))
}

interface Index {
  readonly keys: ReadonlySet<string>
  readonly pods: ReadonlySet<string>
}
const indexes = new WeakMap<ViewRow, Index>()

function indexOf(row: ViewRow): Index {
  const known = indexes.get(row)
  if (known !== undefined) return known
  const index = {
    keys: new Set(row.seen.map(({ key }) => key)),
    pods: new Set(
      row.view === 'orchestrator' ? [...(row.pods ?? []), ...row.seen.flatMap(({ pods = [] }) => pods)] : [],
    ),
  }
  indexes.set(row, index)
  return index
}
