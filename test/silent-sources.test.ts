import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { coverageReport, type CoverageReport } from '../src/coverage-report.ts'
import { loadDetection, type Detection } from '../src/detection.ts'
import type { CoverageCommit, CoverageInterval, CoverageRow, CoverageState } from '../src/domain/coverage.ts'
import { parseDuration } from '../src/domain/day.ts'
import { SOURCE_NAMES, type Event, type Finding, type SourceName } from '../src/domain/event.ts'
import { assess, worstOf, type Assessment, type Contact } from '../src/engine/assumptions.ts'
import { foldIntervals } from '../src/engine/coverage-intervals.ts'
import { createCovering } from '../src/loop/covering.ts'
import { createTally } from '../src/loop/tally.ts'
import { createStreamDecoder, sources } from '../src/sources/index.ts'
import { openStore } from '../src/store/sqlite.ts'
import type { Assumption } from '../src/strategy/strategy.ts'

const STRATEGIES = resolve(import.meta.dirname, '../strategies')
const FIXTURES = resolve(import.meta.dirname, '../src/sources/fixtures')
const START = Date.UTC(2026, 10, 20)
const [SECOND, HOUR] = [1_000, 3_600_000]
/** How far documents are proven is not what is asked here. */
const LEVEL = 'L4'

let detection: Detection
beforeAll(async () => {
  detection = await loadDetection({
    strategies: STRATEGIES,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: () => START,
  })
})

const STAGING = 't1074.002-remote-data-staging'
const CLOUD = 't1074.002-cloud-staging'
const ACCESS = 't1098.006-cluster-access'
const DEFACEMENT = 't1491.001-internal-defacement'
const MACHINES = 't1491.001-machine-defacement'
const ARCHIVE = 't1560.003-archive-via-custom-method'
const ENCRYPTION = 't1600-weaken-encryption'
const DEVICES = 't1600-network-device'
const CERTIFICATE = 't1608.003-install-digital-certificate'
const DEPLOYMENT = 't1610-unexpected-deployment'

/** What a sensor on the machine tells: what runs, what is written, who connects. */
const KERNEL = {
  blind: [DEFACEMENT, ENCRYPTION, CERTIFICATE],
  degraded: [STAGING, ACCESS, MACHINES, ARCHIVE, DEPLOYMENT],
}
const NAMES = { blind: [], degraded: [STAGING, DEFACEMENT] }
const WIRE = { blind: [], degraded: [STAGING, DEFACEMENT, DEVICES, ENCRYPTION] }
const USE = { blind: [], degraded: [STAGING, DEFACEMENT] }
const INTEGRITY = { blind: [], degraded: [DEFACEMENT, ENCRYPTION, CERTIFICATE] }

/** Which documents see nothing, and which see less, where nothing else tells the same. */
const STOPPED: Readonly<Partial<Record<SourceName, Readonly<Record<CoverageState, readonly string[]>>>>> = {
  'kubernetes.audit': {
    blind: [STAGING, ACCESS, ARCHIVE, ENCRYPTION, DEPLOYMENT],
    degraded: [DEFACEMENT, CERTIFICATE],
  },
  'docker.events': {
    blind: [STAGING, DEFACEMENT, ENCRYPTION, CERTIFICATE, DEPLOYMENT],
    degraded: [ARCHIVE],
  },
  'docker.inspect': {
    blind: [STAGING, DEFACEMENT, ARCHIVE, ENCRYPTION, CERTIFICATE, DEPLOYMENT],
    degraded: [],
  },
  'podman.events': { blind: [DEPLOYMENT], degraded: [] },
  'containerd.events': { blind: [DEPLOYMENT], degraded: [] },
  sensor: KERNEL,
  tetragon: KERNEL,
  tracee: KERNEL,
  falco: KERNEL,
  auditd: KERNEL,
  laurel: KERNEL,
  'zeek.conn': { blind: [], degraded: [STAGING, DEFACEMENT, ARCHIVE, ENCRYPTION] },
  'zeek.ssl': { blind: [], degraded: [DEVICES, ENCRYPTION, CERTIFICATE] },
  'zeek.dns': NAMES,
  hubble: NAMES,
  'suricata.eve': WIRE,
  tshark: WIRE,
  'docker.stats': USE,
  cadvisor: USE,
  prometheus: USE,
  'fim.aide': INTEGRITY,
  'fim.osquery': INTEGRITY,
  'fim.wazuh': INTEGRITY,
  'fim.auditbeat': INTEGRITY,
  'windows.sysmon': { blind: [MACHINES], degraded: [] },
  'windows.security': { blind: [MACHINES], degraded: [] },
  esxi: { blind: [], degraded: [MACHINES] },
  'macos.eslogger': { blind: [], degraded: [MACHINES] },
  'network.device': { blind: [DEVICES], degraded: [] },
  cloudtrail: { blind: [CLOUD], degraded: [] },
  'gcp.audit': { blind: [], degraded: [CLOUD] },
  'azure.activity': { blind: [], degraded: [CLOUD] },
  'kubernetes.api': { blind: [], degraded: [ACCESS] },
}

/** Documents that see less where a sensor loses more than one record in a thousand. */
const RELY_ON_ALL = [STAGING, DEFACEMENT, ARCHIVE, ENCRYPTION, CERTIFICATE]
const RECORDS = 1_000
const NUMBERED: readonly (readonly [SourceName, number, readonly string[]])[] = [
  [
    'auditd',
    RECORDS / 100,
    Array.from(
      { length: RECORDS },
      (_, n) =>
        `type=SYSCALL msg=audit(${(START / SECOND + n).toFixed(3)}:${n + 1}): arch=c000003e syscall=59 success=yes exit=0 pid=7 uid=0 comm="true" exe="/bin/true" key="x"`,
    ),
  ],
]

describe('a source that is stopped alone', () => {
  it('is expected of every source of which a document says how long it may be silent', () => {
    const named = new Set(claims().flatMap(({ assumption }) => assumption.source))
    expect(Object.keys(STOPPED).toSorted()).toEqual([...named].toSorted())
  })

  it.each(SOURCE_NAMES.filter((name) => Object.hasOwn(STOPPED, name)))(
    '%s is noticed within its time, blinds what needs it and nothing else, until it is back',
    (source) => {
      const site = siteOf(source)
      using stopped = aMachine()
      stopped.hear(START, site)
      for (const { assumption, id } of claims(source)) {
        const allowed = parseDuration(assumption.max_silence ?? '') ?? 0
        const fails = (at: number): boolean =>
          stopped.judge(at).some((one) => one.strategy === id && one.assumption === assumption)
        expect(fails(START + allowed), `${id} ${assumption.id} within its time`).toBe(false)
        expect(fails(START + allowed + SECOND), `${id} ${assumption.id} after it`).toBe(true)
      }
      const at = START + longestSilence(source) + SECOND
      stopped.hear(
        at,
        site.filter((name) => name !== source),
      )
      using whole = aMachine()
      for (const time of [START, at]) whole.hear(time, site)

      const seen = whole.judge(at)
      const before = foldIntervals([], seen, at).changed
      const blinded = stopped.judge(at)
      const { changed: opened } = foldIntervals(before, blinded, at)
      expect(statesOf(opened)).toEqual(STOPPED[source])
      // and that is what the documents say themselves
      expect(statesOf(opened)).toEqual(
        statesOf(claims(source).map(({ id, assumption }) => ({ strategy: id, state: assumption.on_fail }))),
      )
      expect(opened.every(({ since }) => since === START)).toBe(true)

      const [first, second] = [
        reportOf(whole.rows(), before, seen, at),
        reportOf(stopped.rows(), [...before, ...opened], blinded, at),
      ]
      const isBlind = (id: string): boolean =>
        second.strategies.find((one) => one.id === id)?.state === 'blind'
      for (const { techniqueID, score, metadata } of first.layer.techniques) {
        const now = second.layer.techniques.find((one) => one.techniqueID === techniqueID)?.score
        expect(now, techniqueID).toBe(metadata.every(({ name }) => isBlind(name)) ? 0 : score)
      }

      stopped.hear(at + SECOND, site)
      const { changed: closed } = foldIntervals(
        [...before, ...opened],
        stopped.judge(at + SECOND),
        at + SECOND,
      )
      expect(closed).toEqual(opened.map((interval) => ({ ...interval, until: at + SECOND })))
    },
  )
})

describe('a source of which little comes', () => {
  it('is told from a dead one by its heartbeats', () => {
    using machine = aMachine()
    machine.hear(START, ['sensor'])
    for (let at = START; at <= START + 72 * HOUR; at += HOUR) machine.beat(at, 60_000)
    const asked = claims('sensor').length
    expect(asked).toBeGreaterThan(5)
    expect(claimed(machine.judge(START + 72 * HOUR), 'sensor')).toEqual([])
    expect(claimed(machine.judge(START + 72 * HOUR + 181_000), 'sensor')).toHaveLength(asked)
  })

  it.each(['docker.events', 'docker.inspect'] as const)('%s: by contact with who tells it', (source) => {
    using machine = aMachine()
    machine.hear(START, [source])
    const at = START + 720 * HOUR
    const contact = (cut: number | undefined) => new Map([[source, { sources: [source], cut }]])
    expect(claimed(machine.judge(at, contact(undefined)), source)).toEqual([])
    expect(claimed(machine.judge(at, contact(at - 30_000)), source)).toEqual([])
    expect(claimed(machine.judge(at, contact(at - 61_000)), source)).toHaveLength(claims(source).length)
  })

  it('of certificates: by the look at the folders', () => {
    using machine = aMachine()
    machine.hear(START, ['certstore'])
    const at = START + 720 * HOUR
    const failing = (cut: number | undefined) =>
      machine
        .judge(at, new Map([['certstore', { sources: ['certstore'] as const, cut }]]))
        .filter(({ assumption }) => assumption.source.includes('certstore'))
    expect(failing(undefined)).toEqual([])
    expect(failing(at - 61_000)).not.toEqual([])
  })
})

describe('one record in a hundred is deleted', () => {
  it.each(NUMBERED)(
    '%s: it is told how many, and those who rely on it see less',
    (source, records, lines) => {
      const kept = lines.filter((_line, index) => index % 100 !== 50)
      const { findings, evaluated } = decoded(source, `${kept.join('\n')}\n`)
      expect(evaluated).toBeGreaterThan(0)
      expect(findings.reduce((sum, { lost }) => sum + (lost?.source === source ? lost.records : 0), 0)).toBe(
        records,
      )
      using machine = aMachine()
      machine.hear(START, [source], findings)
      const lossy = machine
        .judge(START + SECOND)
        .filter(({ assumption, why }) => assumption.metric === 'drop_ratio' && why.includes(source))
      expect(new Set(lossy.map(({ strategy }) => strategy))).toEqual(new Set(RELY_ON_ALL))
    },
  )
})

describe('what a source says that it lost', () => {
  const time = '2026-11-20T00:00:00.000000000Z'
  it.each([
    [
      'hubble',
      { lost_events: { source: 'HUBBLE_RING_BUFFER', num_events_lost: '10' }, node_name: 'n', time },
    ],
    ['tetragon', { rate_limit_info: { number_of_dropped_process_events: '10' }, node_name: 'n', time }],
    ['tracee', { level: 'warn', ts: START / SECOND, msg: 'Lost 10 events' }],
  ] as const)('%s: is counted as so many records', (source, record) => {
    const { findings } = decoded(source, `${JSON.stringify(record)}\n`)
    expect(findings).toMatchObject([{ about: source, lost: { source, records: 10 } }])
    using machine = aMachine()
    machine.hear(START, [source], findings)
    expect(machine.rows().reduce((sum, { lost }) => sum + lost, 0)).toBe(10)
  })
})

interface Claim {
  readonly id: string
  readonly assumption: Assumption
}

/** What documents say of how long sources may be silent; of one source, or of all. */
function claims(source?: SourceName): readonly Claim[] {
  return detection.strategies.flatMap(({ id, assumptions }) =>
    assumptions
      .filter(({ max_silence }) => max_silence !== undefined)
      .filter((assumption) => source === undefined || assumption.source.includes(source))
      .map((assumption) => ({ id, assumption })),
  )
}

function longestSilence(source: SourceName): number {
  return Math.max(...claims(source).map(({ assumption }) => parseDuration(assumption.max_silence ?? '') ?? 0))
}

/** What is there of all sources that documents name, but for those that could tell the same as this one. */
function siteOf(source: SourceName): readonly SourceName[] {
  const others = new Set(claims(source).flatMap(({ assumption }) => assumption.source))
  return SOURCE_NAMES.filter((name) => name === source || (Object.hasOwn(STOPPED, name) && !others.has(name)))
}

function claimed(failing: readonly Assessment[], source: SourceName): readonly Assessment[] {
  return failing.filter(({ assumption }) => claims(source).some((claim) => claim.assumption === assumption))
}

/** The worst that intervals mean for each document, as `blind` and `degraded` name them. */
function statesOf(
  intervals: readonly Pick<CoverageInterval, 'strategy' | 'state'>[],
): Readonly<Record<CoverageState, readonly string[]>> {
  const by = Map.groupBy(intervals, ({ strategy }) => strategy)
  const are = (state: CoverageState): readonly string[] =>
    [...by].flatMap(([id, of]) => (worstOf(of.map((one) => one.state)) === state ? [id] : [])).toSorted()
  return { blind: are('blind'), degraded: are('degraded') }
}

function reportOf(
  rows: readonly CoverageRow[],
  intervals: readonly CoverageInterval[],
  assessments: readonly Assessment[],
  now: number,
): CoverageReport {
  return coverageReport({
    detection,
    stored: { rows, intervals, containers: [] } as never,
    assessments,
    levelOf: () => LEVEL,
    now,
  })
}

/** A machine of which sources are heard as they are recorded, and what is judged of it. */
function aMachine() {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-silent-'))
  const store = openStore(join(folder, 'tallyman.db'), { durable: true })
  let now = START
  const covering = createCovering({ store, detection: () => detection, now: () => now })
  const { counters } = createTally().total()
  const rows = new Map<string, CoverageRow>()
  const keep = (commit: CoverageCommit | undefined): void => {
    for (const row of commit?.rows ?? []) rows.set(row.key, row)
  }
  return {
    rows: () => [...rows.values()],
    hear(at: number, heard: readonly SourceName[], findings: readonly Finding[] = []) {
      now = at
      for (const source of heard) {
        for (const event of recorded(source))
          covering.event(source, { ...event, time: at }, { ...event, time: at })
        keep(covering.batch(source, { ...counters, records: 1 }, findings))
      }
      keep(covering.rest())
    },
    beat(at: number, interval: number) {
      now = at
      covering.beat('sensor', 'sensor', {
        run: 'r',
        seq: 1,
        time: at,
        host: MACHINE,
        kind: 'heartbeat',
        interval,
      })
      keep(covering.batch('sensor', { ...counters, records: 1 }, []))
      keep(covering.rest())
    },
    judge(at: number, contacts: ReadonlyMap<string, Contact> = new Map()): readonly Assessment[] {
      const view = { begun: START, covered: START, containers: [], isThere: () => true }
      const all = assess(detection.strategies, { ...view, now: at, rows: [...rows.values()], contacts })
      return all.filter(({ status }) => status === 'fails')
    },
    [Symbol.dispose]() {
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const MACHINE = 'node-1'
const READ = new Map<SourceName, readonly Event[]>()

/** The events of a source's fixtures, as of one machine. */
function recorded(source: SourceName): readonly Event[] {
  const known = READ.get(source)
  if (known !== undefined) return known
  const files = readdirSync(join(FIXTURES, source)).filter((name) => name !== 'golden')
  const events = files.flatMap((name) => decoded(source, readFileSync(join(FIXTURES, source, name))).events)
  READ.set(source, events)
  return events
}

function decoded(source: SourceName, content: string | Buffer) {
  const decoder = createStreamDecoder(
    sources.filter(({ name }) => name === source),
    source,
    undefined,
    () => START,
  )
  const { items, completed } = decoder.push({
    stream: source,
    offset: 0,
    bytes: Buffer.from(content),
    end: true,
  })
  const at = (event: Event): Event => {
    const { 'k8s.node.name': _node, 'k8s.cluster.name': _cluster, ...resource } = event.resource
    return { ...event, resource: { ...resource, 'host.name': MACHINE } }
  }
  const all = [...items.map((item) => item.decoded), ...completed]
  return {
    evaluated: items.length,
    events: all.flatMap(({ events }) => events).map(at),
    findings: all
      .flatMap(({ facts }) => facts)
      .flatMap((fact) =>
        fact.kind === 'finding' && fact.finding.kind === 'producer-loss' ? [fact.finding] : [],
      )
      .map((finding): Finding => ({ ...finding, resource: { 'host.name': MACHINE } })),
  }
}
