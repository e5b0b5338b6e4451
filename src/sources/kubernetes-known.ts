import { isObject, textsOf } from './json.ts'

/** What is remembered of an object that is there. */
export interface KnownObject {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** Digests of what rules see of it, of a pod one for each container. */
  readonly content: string
  /** The number of the list in which it was last, or during which it was told. */
  readonly list: number
  /** Ids of the containers that a pod has. */
  readonly containers: readonly string[]
}

/** The objects of one stream that are there, by their uid. */
export interface KnownObjects {
  get(uid: string): KnownObject | undefined
  put(uid: string, object: KnownObject): void
  delete(uid: string): void
  /** Forgets those of a kind that this list should have had, and tells of them. */
  missing(kind: string, list: number): readonly (readonly [string, KnownObject])[]
  /** JSON, to be handed in again. */
  checkpoint(): unknown
}

export function createKnownObjects(checkpoint: unknown): KnownObjects {
  const known = new Map<string, KnownObject>()
  for (const [uid, row] of Object.entries(isObject(checkpoint) ? checkpoint : {})) {
    const object = objectOfRow(row)
    if (object !== undefined) known.set(uid, object)
  }
  return {
    get: (uid) => known.get(uid),
    put: (uid, object) => void known.set(uid, object),
    delete: (uid) => void known.delete(uid),
    missing(kind, list) {
      const gone = [...known].filter(([, object]) => object.kind === kind && object.list < list)
      for (const [uid] of gone) known.delete(uid)
      return gone
    },
    checkpoint: () => Object.fromEntries([...known].map(([uid, object]) => [uid, rowOf(object)])),
  }
}

function rowOf({ kind, namespace, name, content, list, containers }: KnownObject): readonly unknown[] {
  return [list, kind, namespace, name, content, ...containers]
}

function objectOfRow(row: unknown): KnownObject | undefined {
  if (!Array.isArray(row) || typeof row[0] !== 'number') return undefined
  const [kind = '', namespace = '', name = '', content = '', ...containers] = textsOf(row.slice(1))
  return { kind, namespace, name, content, list: row[0], containers }
}
