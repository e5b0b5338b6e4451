import type { SourceName } from '../../src/domain/event.ts'
import type { Container } from './world.ts'

/** What was written, as it really was. */
export interface Ledger {
  /** Records of a source. */
  readonly sent: ReadonlyMap<SourceName, number>
  /** Those that are about a container, by the source and the id of it. */
  readonly owned: ReadonlyMap<SourceName, ReadonlyMap<string, number>>
  /** Whose the marked records are. */
  readonly marked: ReadonlyMap<string, Container>
  readonly records: () => number
  wrote(source: SourceName, records?: number): void
  about(source: SourceName, container: Container): void
  /** A mark for one record in so many, empty for the others. */
  mark(container: Container): string
}

/** What a marked record has in one of its fields, before a number. */
export const MARK = 'soak-probe-'

/** One record in `every` is marked. */
export function createLedger(every: number): Ledger {
  const sent = new Map<SourceName, number>()
  const owned = new Map<SourceName, Map<string, number>>()
  const marked = new Map<string, Container>()
  let [records, passed] = [0, 0]
  return {
    sent,
    owned,
    marked,
    records: () => records,
    wrote(source, count = 1) {
      records += count
      sent.set(source, (sent.get(source) ?? 0) + count)
    },
    about(source, { id }) {
      const of = owned.get(source) ?? new Map<string, number>()
      owned.set(source, of)
      of.set(id, (of.get(id) ?? 0) + 1)
    },
    mark(container) {
      passed += 1
      if (passed % every !== 0) return ''
      const mark = `${MARK}${marked.size}`
      marked.set(mark, container)
      return mark
    },
  }
}
