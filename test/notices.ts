import { digest } from '../src/domain/hash.ts'
import { LEVELS } from '../src/domain/match.ts'
import type { IncidentNotice, OutboxEntry } from '../src/domain/notice.ts'
import { aContainer } from './builders.ts'

const T = Date.UTC(2026, 10, 20, 10)

/** A minimal valid notice; a test states only what it is about. */
export function aNotice(parts: Partial<IncidentNotice> = {}): IncidentNotice {
  return {
    kind: 'incident',
    change: 'opened',
    at: T,
    level: 'high',
    incident: { id: 'c'.repeat(32), first: T - 60_000, last: T },
    entity: aContainer(),
    alert: {
      id: 'a'.repeat(32),
      strategy: 'a-strategy',
      rule: { id: 'rule-1', title: 'A rule' },
      attack: ['T1610'],
      first: T - 60_000,
      last: T,
      count: 1,
    },
    ...parts,
  }
}

export function anEntry(parts: Partial<OutboxEntry> = {}): OutboxEntry {
  const { sink = 'ops', subject = 'incident', notice = aNotice(), rank = LEVELS.indexOf('high') } = parts
  return { sink, subject, rank, notice, key: digest('notice', sink, subject, String(rank)) }
}
