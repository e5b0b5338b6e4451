import type { Logsource, SourceName } from './event.ts'

/**
 * What arrived, as a fact: how much of which kind came from where, when, and how complete. Times are ms since the
 * epoch; `…Arrival` by the clock on the wall, the others as the records are dated.
 */

/** What came by one input, of one source and kind, from one machine. Names may be hostile. */
export interface CoverageRow {
  /** `coverageKey` of what follows. */
  readonly key: string
  readonly input: string
  /** Empty for all that the input brought: `lost` counts what of it could not be read. */
  readonly source: SourceName | ''
  /** `host.name` or `k8s.node.name`, as the records say; empty where they do not. */
  readonly node: string
  readonly cluster: string
  /**
   * The log sources that rules find these events under, their own first. None of what a source tells of itself: its
   * heartbeats.
   */
  readonly kinds: readonly Logsource[]
  readonly events: number
  /** How many of them name a container, or are of a known one. */
  readonly attributed: number
  /** Of how many the inventory knew whose they are: their container, their pod, or one at an end of the connection. */
  readonly joined?: number
  /** Whether pods are among their containers. */
  readonly pods: boolean
  readonly first: number
  readonly last: number
  readonly firstArrival: number
  readonly lastArrival: number
  /** Records that are known to be missing. */
  readonly lost: number
  /** ms between the source's heartbeats, where it has any. */
  readonly interval?: number
  readonly fill: Fill
  /** The span that runs, and the one before it: what is judged is recent. */
  readonly recent: readonly [Span, Span]
}

/** In how many of a sample of events a field had a value; what is older counts for less and less. */
export interface Fill {
  readonly sampled: number
  readonly filled: Readonly<Record<string, number>>
  /** How many were cut off by who wrote them. */
  readonly truncated: number
}

/** Counts of a stretch of time. */
export interface Span {
  /** When it began, by the clock on the wall. */
  readonly since: number
  readonly events: number
  readonly lost: number
  /** How long the newest record of a batch had been on its way, and how far one was ahead of the clock; ms, the most. */
  readonly delay: number
  readonly ahead: number
}

/** What a source told of one container. */
export interface CoveredContainer {
  readonly container: string
  readonly source: SourceName
  readonly input: string
  readonly node: string
  readonly events: number
  readonly first: number
  readonly last: number
  readonly lastArrival: number
}

/** A stretch in which an assumption of a strategy did not hold. */
export interface CoverageInterval {
  /** `intervalKey` of what follows, and when it began. */
  readonly key: string
  readonly strategy: string
  readonly assumption: string
  /** The machine, cluster or container; empty where the assumption is about all of them. */
  readonly place: string
  readonly state: CoverageState
  /** What failed: intervals of one cause are one finding. */
  readonly cause: string
  readonly why: string
  readonly since: number
  /** When it held again; not yet where undefined. */
  readonly until?: number
}

/** What a failed assumption means for its strategy. */
export type CoverageState = 'blind' | 'degraded'

/** What arrived and what did not hold, to be written with a batch. */
export interface CoverageCommit {
  readonly rows: readonly CoverageRow[]
  readonly containers: readonly CoveredContainer[]
  /** Keys of rows that are no longer remembered. */
  readonly forgotten: readonly string[]
  readonly intervals: readonly CoverageInterval[]
}

/** Rows, containers of sources, and intervals that are remembered: what was heard least recently goes first. */
export const COVERAGE_ROWS = 5_000
export const COVERED_CONTAINERS = 20_000
export const COVERAGE_INTERVALS = 20_000

type Lane = Pick<CoverageRow, 'input' | 'source' | 'node' | 'cluster' | 'kinds'>

export function coverageKey({ input, source, node, cluster, kinds }: Lane): string {
  const [{ product = '', category = '', service = '' } = {}, ...others] = kinds
  const also = others.map((kind) => `${kind.category ?? ''}/${kind.service ?? ''}`)
  return JSON.stringify([input, source, node, cluster, product, category, service, ...also])
}

export function intervalKey({
  strategy,
  assumption,
  place,
}: Pick<CoverageInterval, 'strategy' | 'assumption' | 'place'>): string {
  return JSON.stringify([strategy, assumption, place])
}
