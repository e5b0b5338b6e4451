/** What one sender sent since the start. Its name may be of its own choosing where it shows a certificate: hostile. */
export interface Sender {
  readonly name: string
  /** Requests, or messages, that were committed, those among them that had been committed before, and those that were not taken. */
  readonly committed: number
  readonly repeated: number
  readonly refused: number
  /** When the last request ended, ms. */
  readonly last: number
}

export interface Senders {
  /** So `many` of them; one unless told. */
  count(name: string, what: 'committed' | 'repeated' | 'refused', at: number, many?: number): void
  /** Those who sent last, first. */
  list(): readonly Sender[]
}

/** Whoever sent longest ago is forgotten first: certificates may have any number of names. */
const REMEMBERED = 256

export function createSenders(): Senders {
  const byName = new Map<string, Sender>()
  return {
    count(name, what, at, many = 1) {
      const before = byName.get(name) ?? { name, committed: 0, repeated: 0, refused: 0, last: at }
      byName.delete(name)
      const isCommitted = what === 'committed' || what === 'repeated'
      byName.set(name, {
        name,
        committed: before.committed + (isCommitted ? many : 0),
        repeated: before.repeated + (what === 'repeated' ? many : 0),
        refused: before.refused + (what === 'refused' ? many : 0),
        last: at,
      })
      const [oldest] = byName.keys()
      if (byName.size > REMEMBERED && oldest !== undefined) byName.delete(oldest)
    },
    list: () => [...byName.values()].reverse(),
  }
}
