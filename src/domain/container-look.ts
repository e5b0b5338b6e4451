/** Who can know of a machine's containers, each by itself: what one sees and another does not is hidden from it. */
export const VIEWS = ['orchestrator', 'runtime', 'kernel'] as const
export type View = (typeof VIEWS)[number]

/** One look at all containers that run on a machine. */
export interface ContainerLook {
  readonly view: View
  /** Who looked: an engine, a sensor. Several may look for one view of a machine. */
  readonly observer: string
  /** The machine's name. */
  readonly host: string
  /** ms since the epoch. */
  readonly time: number
  /** ms until the next look. */
  readonly interval: number
  /** All that was seen; undefined where that is what was seen the look before, whose digest this one names. */
  readonly seen: readonly SeenContainer[] | undefined
  /** UIDs of pods that an orchestrator has there, though it may know no container of theirs yet. */
  readonly pods?: readonly string[]
  readonly digest: string
  /** So many more were seen and are not told: what is missing then proves nothing. */
  readonly leftOut: number
}

/** A container as one view sees it. */
export interface SeenContainer {
  /** The full id that its runtime gave; for what has none, whatever names it on its machine. */
  readonly key: string
  /** Whether `key` is an id that runtimes give: 64 hexadecimal digits. */
  readonly named: boolean
  /** UIDs of the pod, where it says so: a static pod has the kubelet's and its mirror's. */
  readonly pods?: readonly string[]
  /** Fields of `category: container_view`, and resource attributes. */
  readonly fields?: Readonly<Record<string, unknown>>
}
