import { createCoveredFields, kindsOf, type CoveredFields } from './covered-fields.ts'
import type { Detection } from './detection.ts'
import {
  COVERAGE_ROWS,
  COVERED_CONTAINERS,
  coverageKey,
  type CoverageCommit,
  type CoverageInterval,
  type CoverageRow,
  type CoveredContainer,
} from './domain/coverage.ts'
import {
  SOURCE_NAMES,
  type Event,
  type Finding,
  type Logsource,
  type SensorMark,
  type SourceName,
} from './domain/event.ts'
import { assess, type Assessment, type Contact, type CoverageView } from './engine/assumptions.ts'
import { foldIntervals } from './engine/coverage-intervals.ts'
import { foldCoverage, noCounts, type CoverageCounts } from './engine/coverage.ts'
import type { FieldReader } from './sigma/sigma.ts'
import type { Counters, Store } from './store/store.ts'

/** What arrives, counted, and what the strategies assume of it, judged by the clock. */
export interface Covering {
  /** An event of a batch that is evaluated: `joined` is the same with what is known of its container. */
  event(input: string, event: Event, joined: Event): void
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
  readonly store: Pick<Store, 'coverage' | 'meta' | 'setMeta'>
  readonly detection: () => Pick<Detection, 'strategies' | 'ruleset'>
  readonly now: () => number
  /** Inputs that talk to who makes the records. */
  readonly contacts?: () => ReadonlyMap<string, Contact>
  readonly isThere?: (container: string) => boolean
  /** Told what each assumption came to, whenever they are judged. */
  readonly judged?: ((assessments: readonly Assessment[]) => void) | undefined
}

/** Counts are written with a batch, so often at most, ms. */
const WRITE_EVERY = 1_000
/** All of the first events of a row are looked into, then each so many. */
const AT_FIRST = 32
const EACH = 16
/** Not judged for so long: neither was anything heard. */
const PAUSE = 10_000
/** Since when coverage is kept. */
const COVERED = 'coverage.since'

/** A row, what is not folded into it yet, and what is needed for each event. */
interface Lane {
  row: CoverageRow | undefined
  counts: CoverageCounts | undefined
  seen: number
  fields: readonly FieldReader[]
  readonly of: Pick<CoverageRow, 'key' | 'input' | 'source' | 'node' | 'cluster' | 'kinds'>
}
type Quick = Map<string, Map<string, Map<string, Map<string, Map<string, Lane>>>>>

/** Sources whose records are about a cluster: the machine that one names is its subject. */
const CLUSTER_WIDE: ReadonlySet<SourceName> = new Set(['kubernetes.audit', 'cloudtrail'])

export function createCovering(parts: CoveringParts): Covering {
  const { store, detection, now, contacts, isThere } = parts
  const stored = store.coverage()
  const lanes = new Map<string, Lane>()
  for (const row of stored.rows) lanes.set(row.key, laneOf(row, row))
  let quick: Quick = new Map()
  const containers = new Map(stored.containers.map((one) => [containerKey(one), one]))
  const heardContainers = new Map<string, CoveredContainer>()
  const touched = new Set<Lane>()
  const unwritten = new Set<Lane>()
  const unwrittenContainers = new Set<string>()
  const forgotten: string[] = []
  let open: readonly CoverageInterval[] = stored.intervals.filter(({ until }) => until === undefined)
  const told = new Map<string, number>()
  let [begun, judged, written] = [now(), now(), 0]
  const covered = Number(store.meta(COVERED) ?? 0) || begun
  if (covered === begun) store.setMeta(COVERED, String(begun))
  let known: { readonly ruleset: object; readonly fields: CoveredFields } | undefined

  const fieldsNow = (): CoveredFields => {
    const { strategies, ruleset } = detection()
    if (known?.ruleset === ruleset) return known.fields
    known = { ruleset, fields: createCoveredFields({ strategies, ruleset }) }
    quick = new Map()
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
    const node = CLUSTER_WIDE.has(source) ? '' : one(resource['host.name'] ?? resource['k8s.node.name'])
    const cluster = one(resource['k8s.cluster.name'])
    const { category = '', service = '' } = logsource
    const at = into(into(into(into(quick, input), source), category + service), node)
    const found = at.get(cluster)
    if (found !== undefined) return found
    const lane = laneFor(input, source, node, cluster, kindsOf(logsource))
    lane.fields = fieldsNow().of(source, logsource)
    at.set(cluster, lane)
    return lane
  }
  const hearContainer = (container: string, lane: Lane, time: number): void => {
    const { input, source, node } = lane.of
    if (source === '') return
    const key = containerKey({ container, source })
    const before = heardContainers.get(key) ?? containers.get(key)
    heardContainers.set(key, {
      container,
      source,
      input,
      node,
      events: (before?.events ?? 0) + 1,
      first: Math.min(before?.first ?? time, time),
      last: Math.max(before?.last ?? time, time),
      lastArrival: before?.lastArrival ?? 0,
    })
  }
  /** Losses belong to what a source tells of itself, on the machine that lost them. */
  const lose = (input: string, { kind, about, lost, resource }: Finding): void => {
    if (kind !== 'producer-loss') return
    const source = lost?.source ?? SOURCE_NAMES.find((name) => name === about)
    if (source === undefined) return
    const node = one(resource?.['host.name'] ?? resource?.['k8s.node.name'])
    countsOf(laneFor(input, source, node, one(resource?.['k8s.cluster.name']), [])).lost += lost?.records ?? 1
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
    for (const [key, heard] of heardContainers) {
      containers.delete(key)
      containers.set(key, { ...heard, lastArrival: at })
      unwrittenContainers.add(key)
    }
    heardContainers.clear()
    for (const key of oldest(lanes, COVERAGE_ROWS)) {
      unwritten.delete(lanes.get(key) as Lane)
      lanes.delete(key)
      forgotten.push(key)
      quick = new Map()
    }
    for (const key of oldest(containers, COVERED_CONTAINERS)) {
      containers.delete(key)
      unwrittenContainers.delete(key)
    }
  }
  const due = (intervals: readonly CoverageInterval[] = []): CoverageCommit => {
    const commit = {
      rows: [...unwritten].flatMap(({ row }) => (row === undefined ? [] : [row])),
      containers: [...unwrittenContainers].flatMap((key) => containers.get(key) ?? []),
      forgotten: forgotten.splice(0),
      intervals,
    }
    unwritten.clear()
    unwrittenContainers.clear()
    written = now()
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
  })

  return {
    event(input, event, joined) {
      const lane = quickLane(input, event)
      const counts = countsOf(lane)
      const { time } = event
      const { resource } = joined
      counts.events += 1
      if (time < counts.first) counts.first = time
      if (time > counts.last) counts.last = time
      const container = resource['container.id']
      if (typeof container === 'string') {
        counts.attributed += 1
        hearContainer(container, lane, time)
      }
      lane.seen += 1
      if (lane.seen > AT_FIRST && lane.seen % EACH !== 0) return
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
    seen: row?.events ?? 0,
    fields: [],
    of: { key, input, source, node, cluster, kinds },
  }
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
