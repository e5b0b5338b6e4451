import type { Fact, Resource } from '../domain/event.ts'
import type { CreatorRow } from '../domain/state.ts'

/** Who created the objects of clusters, as API servers wrote it down. */
export interface Creators {
  /** The input whose word this contradicts; nobody's word is taken then. */
  put(fact: CreatedFact, input: string): string | undefined
  /** Undefined where it is not known, or disputed. */
  of(object: string): Creator | undefined
  /** Whether anybody has told of creators shortly before that time, ms: others may come. */
  isHeard(time: number): boolean
  /** Rows that changed, and objects that were forgotten for want of room, since the last call. */
  changes(): { readonly creators: readonly CreatorRow[]; readonly forgottenCreators: readonly string[] }
}

export type CreatedFact = Extract<Fact, { kind: 'created' }>

export interface Creator {
  /** Who sent the request: of a pod of a workload, a controller. */
  readonly user: string
  /** Who created what owns it, as far as that is known: who is behind it. */
  readonly behind: string
}

const MAX_OBJECTS = 100_000
/** A pod belongs to a Job or ReplicaSet, which belongs to a CronJob or Deployment. */
const MAX_OWNERS = 4
const HOUR = 3_600_000

export function createCreators(stored: readonly CreatorRow[], limit = MAX_OBJECTS): Creators {
  // in the order in which they were told
  const rows = new Map(stored.map((row) => [row.object, row]))
  let newest = Math.max(-Infinity, ...stored.slice(-1).map(({ time }) => time))
  const changed = new Map<string, CreatorRow>()
  let forgotten: string[] = []

  const put = (row: CreatorRow): void => {
    rows.set(row.object, row)
    changed.set(row.object, row)
    newest = Math.max(newest, row.time)
    const [oldest] = rows.keys()
    if (rows.size <= limit || oldest === undefined) return
    rows.delete(oldest)
    if (!changed.delete(oldest)) forgotten.push(oldest)
  }
  const userOf = (row: CreatorRow | undefined): string | undefined =>
    row?.disputed === true ? undefined : row?.user

  return {
    put({ object, time, user, owner }, input) {
      const known = rows.get(object)
      if (known === undefined) put({ object, time, user, input, ...(owner !== undefined && { owner }) })
      // an object is created once
      if (known === undefined || known.user === user) return undefined
      if (known.disputed !== true) put({ ...known, disputed: true })
      return known.input
    },
    of(object) {
      const row = rows.get(object)
      const user = userOf(row)
      if (row === undefined || user === undefined) return undefined
      let [behind, owner] = [user, row.owner]
      for (let nth = 0; owner !== undefined && nth < MAX_OWNERS; nth += 1) {
        const above = rows.get(owner)
        const name = userOf(above)
        if (name === undefined) break
        behind = name
        owner = above?.owner
      }
      return { user, behind }
    },
    isHeard: (time) => time - newest < HOUR,
    changes() {
      const changes = { creators: [...changed.values()], forgottenCreators: forgotten }
      changed.clear()
      forgotten = []
      return changes
    },
  }
}

/** Who created a container, or the pod that it is of, and who says so. */
export function creatorAttributes({ behind }: Creator): Resource {
  return { 'container.creator.name': behind, 'container.creator.told_by': 'audit' }
}
