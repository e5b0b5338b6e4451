import { describe, expect, it } from 'vitest'
import { AUDIT_PROBES, type AuditProbe, type ProbeResult } from '../domain/audit-probe.ts'
import type { CoverageRow } from '../domain/coverage.ts'
import type { Logsource, SourceName } from '../domain/event.ts'
import type { Assumption } from '../strategy/strategy.ts'
import { assess, type Assessment, type CoverageView } from './assumptions.ts'
import { foldIntervals } from './coverage-intervals.ts'
import { foldCoverage, noCounts, SPAN } from './coverage.ts'

const T = 1_000_000_000_000
const EXEC: Logsource = { product: 'linux', category: 'process_creation' }

interface Told {
  readonly source?: SourceName
  readonly node?: string
  readonly kinds?: readonly Logsource[]
  readonly events?: number
  readonly lost?: number
  readonly at?: number
  readonly interval?: number
  readonly input?: string
  readonly filled?: Readonly<Record<string, number>>
}

function row({
  source = 'sensor',
  node = 'n1',
  kinds = [EXEC],
  input = 'kernel',
  ...more
}: Told): CoverageRow {
  const { events = 100, lost = 0, at = T, interval, filled = {} } = more
  const of = { key: JSON.stringify([input, source, node, kinds]), input, source, node, cluster: '', kinds }
  const counts = { ...noCounts(), events, lost, interval, first: at, last: at }
  return foldCoverage(
    of,
    undefined,
    { ...counts, sampled: events, filled: new Map(Object.entries(filled)) },
    at,
  )
}

const heartbeat = (more: Told = {}): CoverageRow => row({ kinds: [], events: 10, interval: 5_000, ...more })

function assumption(more: Partial<Assumption>): Assumption {
  return { id: 'A1', claim: 'c', source: ['sensor'], on_fail: 'blind', line: 1, ...more }
}

function judged(assumed: Partial<Assumption>, more: Partial<CoverageView>): readonly Assessment[] {
  const view: CoverageView = {
    now: T,
    begun: T - 3_600_000,
    covered: T - 7_200_000,
    rows: [],
    containers: [],
    isThere: () => true,
    contacts: new Map(),
    ...more,
  }
  return assess([{ id: 's', assumptions: [assumption(assumed)] }], view)
}

const said = (found: readonly Assessment[]): readonly string[] =>
  found.map(({ place, status }) => `${place} ${status}`)

describe('a source', () => {
  it('that never told anything fails its assumption since coverage is kept', () => {
    const [found] = judged({}, {})
    expect(found).toMatchObject({
      status: 'fails',
      since: T - 7_200_000,
      why: 'no record of sensor ever arrived',
    })
  })

  it('is not said to be absent while the daemon has hardly begun', () => {
    expect(said(judged({}, { begun: T - 1_000 }))).toEqual([' unmeasured'])
  })

  it('of an orchestrator that is not here is not missed, and is where pods are seen', () => {
    const audit = { source: ['kubernetes.audit'] }
    expect(judged(audit, { rows: [row({})] })[0]?.status).toBe('not-here')
    expect(judged(audit, { rows: [{ ...row({}), pods: true }] })[0]?.status).toBe('fails')
  })

  it('may be stood in for by another', () => {
    const either = { source: ['sensor', 'tetragon'], category: 'process_creation', per: 'node' } as const
    const rows = [
      row({ source: 'tetragon', node: 'n2' }),
      heartbeat({ at: T - 60_000 }),
      row({ at: T - 60_000 }),
    ]
    expect(said(judged(either, { rows }))).toEqual(['n1 fails', 'n2 holds'])
    expect(said(judged(either, { rows: [...rows, row({ source: 'tetragon' })] }))).toContain('n1 holds')
  })
})

describe('silence', () => {
  const listens = { category: 'process_creation', max_silence: '15s', per: 'node' } as const

  it('is none while heartbeats come, however rare the events', () => {
    const rows = [heartbeat(), row({ at: T - 86_400_000 })]
    expect(said(judged(listens, { rows }))).toEqual(['n1 holds'])
  })

  it('is told where heartbeats stay away, of that machine alone, since it was heard last', () => {
    const rows = [heartbeat({ at: T - 16_000 }), heartbeat({ node: 'n2' }), row({ at: T - 90_000 })]
    const found = judged(listens, { rows })
    expect(said(found)).toEqual(['n1 fails', 'n2 holds'])
    expect(found[0]?.since).toBe(T - 16_000)
  })

  it('is noticed by the heartbeat, though the assumption allows a day', () => {
    const rows = [heartbeat({ at: T - 16_000 })]
    expect(said(judged({ ...listens, max_silence: '24h' }, { rows }))).toEqual(['n1 fails'])
  })

  it('without heartbeat is claimed only where the assumption bounds it', () => {
    const rows = [
      row({ source: 'zeek.ssl', kinds: [{ product: 'zeek', service: 'ssl' }], at: T - 1_800_000 }),
    ]
    const ssl = { source: ['zeek.ssl'], service: 'ssl' }
    expect(said(judged(ssl, { rows }))).toEqual([' holds'])
    expect(said(judged({ ...ssl, max_silence: '24h' }, { rows }))).toEqual([' holds'])
    expect(said(judged({ ...ssl, max_silence: '10m' }, { rows }))).toEqual([' fails'])
  })

  it('says nothing of the time before the daemon began, and of what it then does not hear', () => {
    const rows = [heartbeat({ at: T - 60_000 })]
    expect(said(judged(listens, { rows, begun: T - 10_000 }))).toEqual(['n1 unmeasured'])
    expect(said(judged(listens, { rows, begun: T - 20_000 }))).toEqual(['n1 fails'])
  })

  it('is none while the input is in contact with the engine, and is where it is cut', () => {
    const rows = [
      row({
        source: 'docker.inspect',
        input: 'docker',
        kinds: [{ category: 'container_create' }],
        at: T - 86_400_000 * 2,
      }),
    ]
    const inspected = { source: ['docker.inspect'], category: 'container_create', max_silence: '24h' }
    const contact = (cut: number | undefined) =>
      new Map([['docker', { sources: ['docker.inspect'] as const, cut }]])
    expect(said(judged(inspected, { rows, contacts: contact(undefined) }))).toEqual([' holds'])
    expect(said(judged(inspected, { rows, contacts: contact(T - 30_000) }))).toEqual([' unmeasured'])
    const [cut] = judged(inspected, { rows, contacts: contact(T - 61_000) })
    expect(cut).toMatchObject({ status: 'fails', since: T - 61_000 })
  })

  it('is where nothing at all comes by the input, unless the machine is heard by another', () => {
    const why = 'the agent web-1 is not heard'
    const severed = (cut: number) => new Map([['web-1/sensor', { sources: [], cut, why }]])
    const [rows, others] = [[heartbeat({ input: 'web-1/sensor' })], [heartbeat({ input: 'files' })]]
    expect(said(judged(listens, { rows, contacts: severed(T - 61_000) }))).toEqual(['n1 fails'])
    const [found] = judged(listens, { rows, contacts: severed(T - 61_000) })
    expect(found).toMatchObject({ since: T - 61_000, why: expect.stringContaining(why) })
    // so soon after it was heard last, heartbeats decide
    expect(said(judged(listens, { rows, contacts: severed(T - 1_000) }))).toEqual(['n1 holds'])
    expect(said(judged(listens, { rows: [...rows, ...others], contacts: severed(T - 61_000) }))).toEqual([
      'n1 holds',
    ])
  })

  it('of a machine that others outlived by a week is expected no longer', () => {
    const rows = [heartbeat({ node: 'old', at: T - 8 * 86_400_000 }), heartbeat()]
    expect(said(judged(listens, { rows }))).toEqual(['n1 holds'])
  })
})

describe('fields and measures', () => {
  it('fails where a field is filled too rarely, and says which and how rarely', () => {
    const rows = [row({ filled: { Image: 100, CommandLine: 12 } })]
    const fields = { category: 'process_creation', fields: ['Image', 'CommandLine'], min_fill: 0.95 }
    const [found] = judged(fields, { rows })
    expect(found?.status).toBe('fails')
    expect(found?.why).toContain('CommandLine in 12 %')
    expect(found?.why).not.toContain('Image in')
  })

  it('says nothing of fields while few events are known', () => {
    const rows = [row({ events: 5, filled: { Image: 0 } })]
    expect(said(judged({ category: 'process_creation', fields: ['Image'] }, { rows }))).toEqual([' holds'])
  })

  it('bounds losses, until they are long ago', () => {
    const rows = [row({ events: 990 }), heartbeat({ lost: 10 })]
    const drops = { source: [], metric: 'sensor.drop_ratio', max: 0.001 }
    expect(judged(drops, { rows })[0]?.why).toContain('is 0.0099, at most 0.001')
    const later = T + 2 * SPAN
    const again = rows.map((one) =>
      foldCoverage(one, one, { ...noCounts(), events: 5, first: later, last: later }, later),
    )
    expect(said(judged(drops, { rows: again, now: later }))).toEqual([' holds'])
  })
})

describe('intervals', () => {
  const one = (status: Assessment['status'], more: Partial<Assessment> = {}): Assessment => ({
    strategy: 's',
    assumption: assumption({}),
    place: 'n1',
    status,
    cause: 'silence sensor n1',
    why: 'sensor is silent on n1',
    since: T - 20,
    ...more,
  })

  it('opens once, stays while nothing can be said, and closes where it holds again', () => {
    const first = foldIntervals([], [one('fails')], T)
    expect(first.changed).toMatchObject([
      { strategy: 's', assumption: 'A1', place: 'n1', state: 'blind', since: T - 20 },
    ])
    const open = first.changed
    const told = new Map(first.findings.map(({ id }) => [id, T]))
    expect(foldIntervals(open, [one('fails')], T + 1, told)).toEqual({ changed: [], findings: [] })
    expect(foldIntervals(open, [one('unmeasured')], T + 2, told).changed).toEqual([])
    const last = foldIntervals(open, [one('holds')], T + 3, told)
    expect(last.changed).toEqual([{ ...open[0], until: T + 3 }])
    expect(last.findings).toMatchObject([{ id: first.findings[0]?.id, until: T + 3, closed: true }])
  })

  it('closes where the assumption is no longer made', () => {
    const { changed } = foldIntervals([], [one('fails')], T)
    expect(foldIntervals(changed, [], T + 9).changed).toMatchObject([{ until: T + 9 }])
  })

  it('is one finding for one cause, which names all that rests on it, and ends with the last', () => {
    const both = [
      one('fails'),
      one('fails', { strategy: 'z', assumption: assumption({ on_fail: 'degraded' }) }),
    ]
    const { changed, findings } = foldIntervals([], both, T)
    expect(findings).toMatchObject([
      { kind: 'coverage-lost', message: 'sensor is silent on n1: s is blind; z is degraded' },
    ])
    const half = foldIntervals(changed, [one('holds'), both[1] as Assessment], T + 1)
    expect(half.findings.every(({ closed }) => closed === undefined)).toBe(true)
  })

  it('is no finding where a source was never there', () => {
    const { changed, findings } = foldIntervals([], [one('fails', { cause: 'absent sensor' })], T)
    expect([changed.length, findings.length]).toEqual([1, 0])
  })
})

describe('an audit log that is probed', () => {
  const logged = { source: ['kubernetes.audit'], service: 'audit', per: 'cluster' as const, probes: ['pods'] }
  const pods = AUDIT_PROBES.find(({ id }) => id === 'pods') as AuditProbe
  const rows = [
    row({ source: 'kubernetes.audit', node: '', kinds: [{ product: 'kubernetes', service: 'audit' }] }),
  ]
  const outcome = (came: ProbeResult['came'], more: Partial<ProbeResult> = {}) =>
    judged(logged, { rows, probes: [{ probe: pods, cluster: '', sent: T - 1_000, came, ...more }] })[0]

  it('fails where a probe did not come back, or not at the level that rules need, and names the line of the policy', () => {
    expect(outcome(undefined)).toMatchObject({
      status: 'fails',
      why: "the audit log does not show create of pods; its policy lacks - { level: RequestResponse, resources: [{ group: '', resources: [pods] }] }",
      since: T - 1_000,
    })
    const came = { level: 'Metadata' as const, stage: 'ResponseComplete', body: false }
    expect(outcome(came)?.why).toContain('at level Metadata only, without what was asked for')
    expect(outcome({ ...came, level: 'RequestResponse', body: true })?.status).toBe('holds')
  })

  it('holds where all probes came back, though nothing of its kind happens', () => {
    const exec = { ...logged, service: undefined, category: 'container_exec', max_silence: '1h' } as object
    const came = { level: 'RequestResponse' as const, stage: 'ResponseComplete', body: true }
    const probes = [{ probe: pods, cluster: '', sent: T - 1_000, came }]
    const quiet = { rows, begun: T - 60_000 }
    expect(judged(exec, quiet)[0]?.status).toBe('unmeasured')
    expect(judged(exec, { ...quiet, probes })[0]?.status).toBe('holds')
    expect(judged({ ...exec, probes: ['pods', 'secrets'] }, { ...quiet, probes })[0]?.status).toBe(
      'unmeasured',
    )
  })

  it('says nothing of another cluster, of other requests, and where nobody probes', () => {
    expect(outcome(undefined, { cluster: 'other' })?.status).toBe('holds')
    expect(judged({ ...logged, probes: ['secrets'] }, { rows })[0]?.status).toBe('holds')
    expect(judged(logged, { rows })[0]?.status).toBe('holds')
  })
})
