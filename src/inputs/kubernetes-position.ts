/** What is known of how far one kind of objects was read. */
export interface ResourcePosition {
  /** The version from which to go on; undefined where all has to be listed. */
  readonly version?: string | undefined
  /** Number of the newest list; what a list lacks is known by it. */
  readonly list: number
  /** When the newest complete list was begun, wall clock, ms; undefined before the first. */
  readonly listed?: number | undefined
  /** Wall clock, ms: it was in contact until then. */
  readonly alive: number
}

/** By the name of the resource. */
export type ClusterCheckpoint = Readonly<Record<string, ResourcePosition>>

/** Where each stream of an input stands, and each resource: what is handed on is put down here first. */
export interface ClusterPosition {
  of(resource: string): ResourcePosition
  set(resource: string, change: Partial<ResourcePosition>): void
  checkpoint(): ClusterCheckpoint
}

const NOWHERE: ResourcePosition = { list: 0, alive: 0 }

export function createClusterPosition(stored: unknown): ClusterPosition {
  const positions = new Map<string, ResourcePosition>(
    Object.entries((stored as { readonly resources?: ClusterCheckpoint } | undefined)?.resources ?? {}),
  )
  const of = (resource: string): ResourcePosition => positions.get(resource) ?? NOWHERE
  return {
    of,
    set: (resource, change) => void positions.set(resource, { ...of(resource), ...change }),
    checkpoint: () => Object.fromEntries(positions),
  }
}
