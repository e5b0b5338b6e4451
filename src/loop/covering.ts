import { createCoveredFields, kindsOf, type CoveredFields } from './covered-fields.ts'
import type { ProbeResult } from '../domain/audit-probe.ts'
import type { Detection } from '../detection.ts'
import { isAboutMachines } from '../domain/beyond-machines.ts'
import {
  COVERAGE_ROWS,
  COVERED_CONTAINERS,
  coverageKey,
  type CoverageCommit,
  type CoverageInterval,
  type CoverageRow,
  type CoveredContainer,
} from '../domain/coverage.ts'
import {
  SOURCE_NAMES,
  type Event,
  type Finding,
  type Logsource,
  type SensorMark,
  type SourceName,
} from '../domain/event.ts'
import { assess, type Assessment, type Contact, type CoverageView } from '../engine/assumptions.ts'
import { foldIntervals } from '../engine/coverage-intervals.ts'
import { foldCoverage, noCounts, type CoverageCounts } from '../engine/coverage.ts'
import type { FieldReader } from '../sigma/sigma.ts'
import type { Counters, Store } from '../store/store.ts'

/** What arrives, counted, and what the strategies assume of it, judged by the clock. */
export interface Covering {
  /**
   * An event of a batch that is evaluated: `joined` is the same with what is known of its container, and `isKnown`
   * whether anything is.
   */
  event(input: string, event: Event, joined: Event, isKnown?: boolean): void
  /** A record by which a source tells of itself alone. */
  beat(input: string, source: SourceName, mark: SensorMark): void
  /** The batch is over: what is due to be written with it. Losses are counted from its findings. */
  batch(input: string, counters: Counters, findings: readonly Finding[]): CoverageCommit
  /** What no longer, or again, holds; undefined where nothing changed and nothing is due. */
  judge(): { readonly coverage: CoverageCommit; readonly findings: readonly Finding[] } | undefined
  /** All that was not written yet. */
  rest(): CoverageCommit | undefined
}

export interface CoveringParts {
  readonly store: Pick<Store, 'coverage' | 'coveredContainers' | 'meta' | 'setMeta'>
  readonly detection: () => Pick<Detection, 'strategies' | 'ruleset'>
  readonly now: () => number
  /** Inputs that talk to who makes the records. */
  readonly contacts?: () => ReadonlyMap<string, Contact>
  /** What probes of an audit log came to; `now` in ms. */
  readonly probes?: ((now: number) => readonly ProbeResult[]) | undefined
  readonly isThere?: (container: string) => boolean
  /** Sources of systems that the site says it does not have, each with its words. */
  readonly notPresent?: (() => ReadonlyMap<SourceName, string>) | undefined
  /** Told what each assumption came to, whenever they are judged. */
  readonly judged?: ((assessments: readonly Assessment[]) => void) | undefined
}

/** Counts are written with a batch, so often at most, ms. */
const WRITE_EVERY = 1_000
/** So many events of a row are looked into each second, and beyond them one of so many. */
const A_SECOND = 4
const EACH = 64
/** Not judged for so long: neither was anything heard. */
const PAUSE = 10_000
/** Since when coverage is kept. */
const COVERED = 'coverage.since'

/** A row, what is not folded into it yet, and what is needed for each event. */
interface Lane {
  row: CoverageRow | undefined
  counts: CoverageCounts | undefined
  readonly containers: Map<string, Heard>
  /** In which second events were looked into last, how many then, and how many were not since. */
  second: number
  looked: number
  passed: number
  fields: readonly FieldReader[]
  readonly of: Pick<CoverageRow, 'key' | 'input' | 'source' | 'node' | 'cluster' | 'kinds'>
}
/** The lane of the event before, which is mostly that of the next. */
interface Latest {
  readonly input?: string
  readonly source?: SourceName
  readonly logsource?: Event['logsource']
  readonly host?: string | readonly string[] | undefined
  readonly cluster?: string | readonly string[] | undefined
  readonly lane?: Lane
}
interface Heard {
  events: number
  first: number
  last: number
}
type Quick = Map<string, Map<string, Map<string, Map<string, Map<string, Lane>>>>>

export function createCovering(parts: CoveringParts): Covering {
  const { store, detection, now, contacts, probes, isThere, notPresent } = parts
  const stored = store.coverage()
  const lanes = new Map<string, Lane>()
  for (const row of stored.rows) lanes.set(row.key, laneOf(row, row))
  let quick: Quick = new Map()
  let latest: Latest = {}
  const forgetQuick = (): void => {
    quick = new Map()
    latest = {}
  }
  const containers = new Map(store.coveredContainers().map((one) => [containerKey(one), one]))
  const touched = new Set<Lane>()
  const unwritten = new Set<Lane>()
  const unwrittenContainers = new Set<string>()
  const forgotten: string[] = []
  let open: readonly CoverageInterval[] = stored.intervals.filter(({ until }) => until === undefined)
  const told = new Map<string, number>()
  let [begun, judged, written] = [now(), now(), 0]
  let second = Math.floor(begun / 1_000)
  const covered = Number(store.meta(COVERED) ?? 0) || begun
  if (covered === begun) store.setMeta(COVERED, String(begun))
  let known: { readonly ruleset: object; readonly fields: CoveredFields } | undefined

  const fieldsNow = (): CoveredFields => {
    const { strategies, ruleset } = detection()
    if (known?.ruleset === ruleset) return known.fields
    known = { ruleset, fields: createCoveredFields({ strategies, ruleset }) }
    forgetQuick()
    return known.fields
  }
  const laneFor = (
    input: string,
    source: SourceName | '',
    node: string,
    cluster: string,
    kinds: readonly Logsource[],
  ): Lane => {
    const names = { input, source, node, cluster, kinds }
    const of = { key: coverageKey(names), ...names }
    const lane = lanes.get(of.key) ?? laneOf(of)
    lanes.set(of.key, lane)
    return lane
  }
  const countsOf = (lane: Lane): CoverageCounts => {
    if (lane.counts === undefined) {
      lane.counts = noCounts()
      touched.add(lane)
    }
    return lane.counts
  }
  const quickLane = (input: string, event: Event): Lane => {
    const { source, logsource, resource } = event
    const { host, cluster: within } = latest
    if (
      latest.logsource === logsource &&
      latest.input === input &&
      latest.source === source &&
      host === (resource['host.name'] ?? resource['k8s.node.name']) &&
      within === resource['k8s.cluster.name'] &&
      latest.lane !== undefined
    )
      return latest.lane
    const lane = slowLane(input, event)
    latest = {
      input,
      source,
      logsource,
      host: resource['host.name'] ?? resource['k8s.node.name'],
      cluster: resource['k8s.cluster.name'],
      lane,
    }
    return lane
  }
  const slowLane = (input: string, { source, logsource, resource }: Event): Lane => {
    // the machine that a record about a cluster names is its subject
    const node = !isAboutMachines(source) ? '' : one(resource['host.name'] ?? resource['k8s.node.name'])
    const cluster = one(resource['k8s.cluster.name'])
    const at = into(into(into(into(quick, input), source), wordsOf(logsource)), node)
    const found = at.get(cluster)
    if (found !== undefined) return found
    const lane = laneFor(input, source, node, cluster, kindsOf(logsource))
    lane.fields = fieldsNow().of(source, logsource)
    at.set(cluster, lane)
    return lane
  }
  /** Losses belong to what a source tells of itself, on the machine that lost them. */
  const lose = (input: string, { kind, about, lost, resource }: Finding): void => {
    if (kind !== 'producer-loss') return
    const source = lost?.source ?? SOURCE_NAMES.find((name) => name === about)
    if (source === undefined) return
    const node = one(resource?.['host.name'] ?? resource?.['k8s.node.name'])
    countsOf(laneFor(input, source, node, one(resource?.['k8s.cluster.name']), [])).lost += lost?.records ?? 1
  }
  const foldContainers = ({ of, containers: heard }: Lane, at: number): void => {
    const { input, source, node } = of
    if (source === '') return
    for (const [container, { events, first, last }] of heard) {
      const key = containerKey({ container, source })
      const before = containers.get(key)
      containers.delete(key)
      containers.set(key, {
        container,
        source,
        input,
        node,
        events: (before?.events ?? 0) + events,
        first: Math.min(before?.first ?? first, first),
        last: Math.max(before?.last ?? last, last),
        lastArrival: at,
      })
      unwrittenContainers.add(key)
    }
    heard.clear()
  }
  const fold = (at: number): void => {
    for (const lane of touched) {
      if (lane.counts === undefined) continue
      lane.row = foldCoverage(lane.of, lane.row, lane.counts, at)
      lane.counts = undefined
      // what was heard last stands last
      lanes.delete(lane.of.key)
      lanes.set(lane.of.key, lane)
      unwritten.add(lane)
    }
    touched.clear()
    for (const key of oldest(lanes, COVERAGE_ROWS)) {
      unwritten.delete(lanes.get(key) as Lane)
      lanes.delete(key)
      forgotten.push(key)
      forgetQuick()
    }
  }
  const due = (intervals: readonly CoverageInterval[] = []): CoverageCommit => {
    const at = now()
    for (const lane of unwritten) foldContainers(lane, at)
    for (const key of oldest(containers, COVERED_CONTAINERS)) {
      containers.delete(key)
      unwrittenContainers.delete(key)
    }
    const commit = {
      rows: [...unwritten].flatMap(({ row }) => (row === undefined ? [] : [row])),
      containers: [...unwrittenContainers].flatMap((key) => containers.get(key) ?? []),
      forgotten: forgotten.splice(0),
      intervals,
    }
    unwritten.clear()
    unwrittenContainers.clear()
    written = at
    return commit
  }
  const view = (at: number): CoverageView => ({
    now: at,
    begun,
    covered,
    rows: [...lanes.values()].flatMap(({ row }) => (row === undefined ? [] : [row])),
    containers: [...containers.values()],
    isThere: isThere ?? (() => true),
    contacts: contacts?.() ?? new Map(),
    probes: probes?.(at) ?? [],
    notPresent: notPresent?.() ?? new Map(),
  })

  return {
    event(input, event, joined, isKnown = false) {
      const lane = quickLane(input, event)
      const counts = countsOf(lane)
      const { time } = event
      const { resource } = joined
      counts.events += 1
      if (isKnown) counts.joined += 1
      if (time < counts.first) counts.first = time
      if (time > counts.last) counts.last = time
      const container = resource['container.id']
      if (typeof container === 'string' && container.length <= NAME) {
        counts.attributed += 1
        hear(lane.containers, container, time)
      }
      if (!isLookedInto(lane, second)) return
      if ('k8s.pod.name' in resource) counts.pods = true
      sample(counts, lane.fields, joined)
    },
    beat(input, source, { host = '', time, interval }) {
      const counts = countsOf(laneFor(input, source, one(host), '', []))
      counts.events += 1
      counts.first = Math.min(counts.first, time)
      counts.last = Math.max(counts.last, time)
      counts.interval = interval ?? counts.interval ?? HEARTBEAT
    },
    batch(input, { records, failed }, findings) {
      const at = now()
      second = Math.floor(at / 1_000)
      // a reload counts from the next batch on
      fieldsNow()
      for (const finding of findings) lose(input, finding)
      if (records > 0) {
        const counts = countsOf(laneFor(input, '', '', '', []))
        counts.events += records
        counts.lost += failed
      }
      fold(at)
      return at < written + WRITE_EVERY ? NOTHING : due()
    },
    judge() {
      const at = now()
      if (at > judged + PAUSE) begun = at
      judged = at
      const assessments = assess(detection().strategies, view(at))
      parts.judged?.(assessments)
      const { changed, findings } = foldIntervals(open, assessments, at, told)
      const ended = new Set(changed.flatMap(({ key, until }) => (until === undefined ? [] : [key])))
      const fresh = changed.filter(({ until }) => until === undefined)
      open = [...open.filter(({ key }) => !ended.has(key)), ...fresh]
      for (const { id, closed } of findings) {
        if (closed === true) told.delete(id)
        else told.set(id, at)
      }
      if (changed.length + findings.length + unwritten.size + unwrittenContainers.size === 0) return undefined
      return { coverage: due(changed), findings }
    },
    rest() {
      fold(now())
      return unwritten.size + unwrittenContainers.size === 0 ? undefined : due()
    },
  }
}

const NOTHING: CoverageCommit = { rows: [], containers: [], forgotten: [], intervals: [] }
/** ms, where a source that has heartbeats does not say how often. */
const HEARTBEAT = 5_000

function laneOf(of: Lane['of'], row?: CoverageRow): Lane {
  const { key, input, source, node, cluster, kinds } = of
  return {
    row,
    counts: undefined,
    containers: new Map(),
    second: 0,
    looked: 0,
    passed: 0,
    fields: [],
    of: { key, input, source, node, cluster, kinds },
  }
}

/** What tells log sources apart, of which there are few. */
const WORDS = new WeakMap<Event['logsource'], string>()

function wordsOf(logsource: Event['logsource']): string {
  const known = WORDS.get(logsource)
  if (known !== undefined) return known
  const words = kindsOf(logsource)
    .map(({ category = '', service = '' }) => `${category}/${service}`)
    .join(' ')
  WORDS.set(logsource, words)
  return words
}

/** All events of what is rare, and a sample of what is not. */
function isLookedInto(lane: Lane, second: number): boolean {
  if (lane.second !== second) {
    lane.second = second
    lane.looked = 0
  }
  if (lane.looked < A_SECOND) {
    lane.looked += 1
    return true
  }
  lane.passed += 1
  if (lane.passed < EACH) return false
  lane.passed = 0
  return true
}

function hear(containers: Map<string, Heard>, container: string, time: number): void {
  const heard = containers.get(container)
  if (heard === undefined) {
    containers.set(container, { events: 1, first: time, last: time })
    return
  }
  heard.events += 1
  if (time < heard.first) heard.first = time
  if (time > heard.last) heard.last = time
}

function sample(counts: CoverageCounts, fields: readonly FieldReader[], event: Event): void {
  counts.sampled += 1
  for (const field of fields) {
    const { present, values } = field.read(event)
    const isFilled = present && values.some((value) => value !== null && value !== '')
    counts.filled.set(field.name, (counts.filled.get(field.name) ?? 0) + (isFilled ? 1 : 0))
  }
  if (isTruncated(event.record)) counts.truncated += 1
}

function isTruncated(record: unknown): boolean {
  if (typeof record !== 'object' || record === null) return false
  if ('sensor.truncated' in record)
    return (record as Readonly<Record<string, unknown>>)['sensor.truncated'] !== undefined
  const { annotations } = record as { readonly annotations?: unknown }
  return typeof annotations === 'object' && annotations !== null && 'audit.k8s.io/truncated' in annotations
}

function containerKey({ source, container }: Pick<CoveredContainer, 'source' | 'container'>): string {
  return `${source} ${container}`
}

/** Characters of a name that are kept: names are whoever's to choose who writes records. */
const NAME = 256

function one(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : (value?.[0] ?? '')).slice(0, NAME)
}

function into<K, V>(map: Map<K, Map<string, V>>, key: K): Map<string, V> {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = new Map<string, V>()
  map.set(key, made)
  return made
}

/** Keys beyond the bound, those that stand first. */
function oldest<V>(map: ReadonlyMap<string, V>, bound: number): readonly string[] {
  return map.size <= bound ? [] : [...map.keys()].slice(0, map.size - bound)
}
