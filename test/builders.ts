import type { Event, Resource } from '../src/domain/event.ts'
import type { Level, Match, RuleRef } from '../src/domain/match.ts'
import type { Reporter } from '../src/domain/state.ts'
import type { Commit } from '../src/store/store.ts'
import type { RatedMatch } from '../src/engine/alerting.ts'

/** A minimal valid event; a test states only what it is about. */
export function anEvent(parts: Partial<Event> = {}): Event {
  return {
    id: 'stream/0',
    time: Date.UTC(2026, 10, 20, 10),
    source: 'docker.inspect',
    logsource: { category: 'container_create' },
    resource: aContainer(),
    record: {},
    mapping: {},
    ...parts,
  }
}

export function aContainer(parts: Resource = {}): Resource {
  return {
    'container.id': 'a'.repeat(64),
    'container.name': 'web',
    'container.image.name': 'nginx',
    'host.name': 'node-1',
    ...parts,
  }
}

export function aRule(parts: Partial<RuleRef> = {}): RuleRef {
  return {
    id: 'rule-1',
    title: 'A rule',
    level: 'medium',
    attack: ['T1610'],
    strategy: 'a-strategy',
    fields: [],
    ...parts,
  }
}

export function aMatch(event: Partial<Event> = {}, rule: Partial<RuleRef> = {}): Match {
  return { rule: aRule(rule), event: anEvent(event) }
}

export function rated(
  event: Partial<Event> = {},
  rule: Partial<RuleRef> = {},
  level: Level = 'medium',
): RatedMatch {
  return { match: aMatch(event, rule), level }
}

/** Who asks the engine itself. */
export const BY_ENGINE: Reporter = { input: 'docker', engine: true }
/** Who asks the API server itself. */
export const BY_CLUSTER: Reporter = { input: 'kubernetes', engine: false, cluster: true }
/** Anybody who may send telemetry. */
export const BY_ANYBODY: Reporter = { input: 'http', engine: false }

/** A commit that holds nothing but what is said. */
export function aCommit(parts: Partial<Commit> = {}): Commit {
  return {
    at: Date.UTC(2026, 10, 20, 10),
    input: 'docker',
    streams: [],
    bodies: [],
    promised: false,
    counters: {
      records: 0,
      evaluated: 0,
      failed: 0,
      duplicates: 0,
      suppressed: {},
      late: {},
      sources: {},
      failures: {},
    },
    failures: [],
    findings: [],
    seen: [],
    released: [],
    containers: [],
    forgotten: [],
    output: { alerts: [], incidents: [] },
    ...parts,
  }
}
