import { createDating } from './dating.ts'
import { isEngineStream } from './domain/engine-stream.ts'
import type { Chunk, Event, Fact, Failure, Finding, SourceName } from './domain/event.ts'
import { digest } from './domain/hash.ts'
import type { Route } from './domain/notice.ts'
import { fold, stateKeys, type RatedMatch } from './engine/alerting.ts'
import { noticesOf } from './engine/notices.ts'
import type { Input, InputBatch } from './inputs/input.ts'
import { createInventory, type Contradiction, type Inventory } from './inventory/inventory.ts'
import type { Ruleset } from './sigma/sigma.ts'
import { allowedSources } from './sources/allowed.ts'
import type { Source } from './sources/source.ts'
import { createStreamDecoder, type StreamDecoder } from './sources/stream.ts'
import type { Judge } from './engine/judge.ts'
import { createSeen, type Seen } from './engine/seen.ts'
import { createSensorRuns, type Overdue, type SensorRuns } from './engine/sensor-runs.ts'
import { IDENTITY_HORIZON, type Reporter, type SeenRow } from './domain/state.ts'
import { merge } from './merge.ts'
import type { Commit, Counters, Store, StreamResume } from './store/store.ts'

/** Samples of failed records that one batch keeps; all are counted. */
const SAMPLES_A_BATCH = 50

export interface PipelineParts {
  readonly store: Store
  readonly sources: readonly Source[]
  /** Asked anew for each batch, so that a reload swaps both between batches. */
  readonly detection: () => { readonly ruleset: Ruleset; readonly judge: Judge }
  readonly now: () => number
  /** What sinks want to be told of; written with what caused it. */
  readonly routes?: readonly Route[]
  /** Told after each commit. */
  readonly committed?: (result: BatchResult) => void
  /**
   * Tends an input that threw: what it yields is committed, and when it ends the input is read again, from what is
   * committed. Without it the loop throws what the input threw.
   */
  readonly tend?: (input: string, cause: unknown, signal: AbortSignal) => AsyncIterable<Finding>
  /** By input's name, the sources as which it may speak, of others' records each is a failure; all unless told. */
  readonly speaksAs?: ReadonlyMap<string, readonly SourceName[]>
  /** Records are read as they arrive: one that is dated far after that is dated by it. */
  readonly arriving?: true
  /**
   * Asks now and then what is overdue of the sensors that were read; what it yields is committed. Asked to end when
   * all inputs have.
   */
  readonly watch?: (overdue: () => readonly Overdue[], signal: AbortSignal) => AsyncIterable<Overdue>
  /** Told when an input has nothing more to hand on. */
  readonly ended?: (input: string) => void
}

export interface BatchResult {
  readonly input: string
  readonly counters: Counters
  /** Files or streams that could not be read at all, or not to their end. */
  readonly unreadable: InputBatch['unreadable']
  readonly findings: readonly Finding[]
  readonly alerts: readonly {
    readonly id: string
    readonly opened: boolean
    readonly posture: boolean
    readonly incident: string
  }[]
}

/**
 * The loop: every input's batches, one writer, in the order in which they arrive. `run`, `scan` and `test` share it.
 * Ends when all inputs have, or the signal aborts.
 */
export async function runPipeline(
  inputs: readonly Input[],
  parts: PipelineParts,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set(inputs.map(({ name }) => name))
  const inventory = createInventory(parts.store.containers(), { isInput: (name) => names.has(name) })
  const seen = createSeen(parts.store.seen(IDENTITY_HORIZON), IDENTITY_HORIZON)
  const sensorRuns = createSensorRuns(parts.store.sensorRuns(), parts.now())
  const lanes = inputs.map((input): Lane => ({
    input,
    resume: parts.store.resume(input.name),
    sources: allowedSources(parts.sources, parts.speaksAs?.get(input.name)),
    decoders: new Map(),
  }))
  const stop = new AbortController()
  const ending = AbortSignal.any([signal, stop.signal])
  const batchParts = { ...parts, inventory, seen, sensorRuns }
  const tellOverdue = ({ input, finding }: Overdue): void => {
    const batch = { chunks: [], findings: [finding], unreadable: [] }
    const result = processBatch(input, batch, NO_LANE, batchParts)
    parts.committed?.(result)
  }
  try {
    let reading = lanes.length
    const over = new AbortController()
    if (reading === 0) over.abort()
    const read = lanes.map((lane) => ({
      from: lane,
      items: atEnd(readLane(lane, parts, ending), () => {
        reading -= 1
        if (reading === 0) over.abort()
      }),
    }))
    const overdue = (): readonly Overdue[] => [
      ...sensorRuns.missing(parts.now()),
      ...sensorRuns.silent(parts.now()),
    ]
    const watched = parts.watch?.(overdue, AbortSignal.any([ending, over.signal]))
    const sequences = watched === undefined ? read : [...read, { from: undefined, items: watched }]
    for await (const { from: lane, item } of merge<Lane | undefined, InputBatch | Overdue>(sequences)) {
      if ('finding' in item) tellOverdue(item)
      else if (lane !== undefined) {
        const result = processBatch(lane.input.name, item, lane, batchParts)
        item.committed?.()
        parts.committed?.(result)
      }
    }
    // nothing comes any more that could bring what is missing
    if (!signal.aborted) for (const one of sensorRuns.missing(Number.POSITIVE_INFINITY)) tellOverdue(one)
  } finally {
    stop.abort()
  }
}

/** Streams of an input: where they go on, and what reads them. */
interface Streams {
  resume: StreamResume
  readonly sources: readonly Source[]
  readonly decoders: Map<string, StreamDecoder>
}
interface Lane extends Streams {
  readonly input: Input
}

/** Of a batch that has none. */
const NO_LANE: Streams = {
  resume: { checkpoint: undefined, offset: () => undefined, state: () => undefined },
  sources: [],
  decoders: new Map(),
}

async function* atEnd<T>(items: AsyncIterable<T>, end: () => void): AsyncGenerator<T> {
  try {
    yield* items
  } finally {
    end()
  }
}

/** An input's batches; one that fails is read again where somebody tends it, while the others go on. */
async function* readLane(
  lane: Lane,
  { store, tend, ended }: PipelineParts,
  signal: AbortSignal,
): AsyncGenerator<InputBatch> {
  const { name } = lane.input
  for (;;) {
    try {
      yield* lane.input.read(lane.resume, signal)
      if (!signal.aborted) ended?.(name)
      return
    } catch (cause) {
      if (tend === undefined) throw cause
      for await (const finding of tend(name, cause, signal))
        yield { chunks: [], findings: [finding], unreadable: [] }
      if (signal.aborted) return
      // what decoders held of a record that was not whole comes again
      lane.resume = store.resume(name)
      lane.decoders.clear()
    }
  }
}

function processBatch(
  input: string,
  batch: InputBatch,
  lane: Streams,
  parts: PipelineParts & {
    readonly inventory: Inventory
    readonly seen: Seen
    readonly sensorRuns: SensorRuns
  },
): BatchResult {
  const { store, inventory, seen, sensorRuns } = parts
  const { ruleset, judge } = parts.detection()
  const tally = createTally()
  const findings: Finding[] = [...batch.findings]
  const dating = createDating(input, parts.arriving === true ? parts.now() : undefined)
  const matches: RatedMatch[] = []
  const seenRows: SeenRow[] = []
  const released: string[] = []

  const consider = (event: Event): void => {
    if (event.once !== undefined) {
      const { row } = seen.look({ id: event.once, content: '' })
      if (row === undefined) return
      seenRows.push(row)
    }
    for (const match of ruleset.match(inventory.resolve(event))) {
      const held = judge.suppressedBy(match)
      if (held === undefined) matches.push(judge.rate(match))
      else tally.suppressed(held)
    }
  }

  const learn = (facts: readonly Fact[], by: Reporter): void => {
    for (const fact of facts) {
      const contradicted = inventory.observe(fact, by)
      if (contradicted !== undefined) findings.push(contradictionFinding(contradicted, parts.now()))
      if (fact.kind === 'container-gone' && fact.releases !== undefined) {
        seen.release(fact.releases)
        released.push(fact.releases)
      }
    }
  }

  for (const { stream, reason, count } of batch.unreadable)
    tally.failed({ reason, stream, position: 0, sample: '' }, count)
  const streams: Commit['streams'][number][] = []
  const bodies: Commit['bodies'][number][] = []
  for (const chunk of batch.chunks) {
    const decoder = decoderFor(chunk, lane, parts)
    const decoded = decoder.push(chunk)
    const by: Reporter = { input, engine: isEngineStream(chunk.stream) }
    if (chunk.end === true) lane.decoders.delete(chunk.stream)
    if (chunk.repeated === true) {
      for (let record = 0; record < decoded.records; record += 1) tally.duplicate()
      continue
    }
    for (const failure of decoded.failures) tally.failed({ ...failure, stream: chunk.path ?? failure.stream })
    for (const item of decoded.items) {
      const { identity } = item.decoded
      const { facts, events } = dating.dated(item.decoded, item.source)
      if (identity !== undefined) {
        const { verdict, row } = seen.look(identity)
        if (row === undefined) {
          tally.duplicate()
          // A name may have changed although the specification did not, and who told it first may not have been believed.
          learn(facts, by)
          continue
        }
        if (verdict === 'conflict')
          findings.push(conflict(identity.id, item.source, events[0]?.time ?? parts.now(), parts.now()))
        seenRows.push(row)
      }
      tally.evaluated(item.source)
      learn(facts, by)
      for (const fact of facts) {
        if (fact.kind === 'finding') findings.push(fact.finding)
        else if (fact.kind === 'sensor-record')
          findings.push(...sensorRuns.observe(fact.mark, input, parts.now()))
      }
      for (const event of events) consider(event)
    }
    for (const { source, events } of decoded.completed)
      for (const event of dating.dated({ events, facts: [] }, source).events) consider(event)
    if (chunk.whole === true) bodies.push({ stream: chunk.stream, length: chunk.bytes.length })
    else streams.push({ stream: chunk.stream, ...decoder.checkpoint() })
  }

  const before = store.load(stateKeys(matches))
  const output = fold(before, matches)
  const at = parts.now()
  const told = dating.findings(findings)
  const outbox = noticesOf({ routes: parts.routes ?? [], before, output, findings: told, at })
  const { counters, failures } = tally.total()
  store.commit({
    at,
    input,
    checkpoint: batch.checkpoint,
    streams: latest(streams),
    bodies,
    promised: batch.committed !== undefined,
    counters,
    failures,
    findings: told,
    seen: seenRows,
    released: [...released, ...seen.dropped()],
    containers: inventory.changes(),
    forgotten: inventory.forgotten(),
    sensorRuns: sensorRuns.changes(),
    output,
    outbox,
  })
  return {
    input,
    counters,
    unreadable: batch.unreadable,
    findings: told,
    alerts: output.alerts.map(({ alert, opened, posture }) => ({
      id: alert.id,
      opened,
      posture,
      incident: alert.incident,
    })),
  }
}

function decoderFor(
  { stream, whole, repeated }: Chunk,
  lane: Streams,
  { now }: PipelineParts,
): StreamDecoder {
  const known = lane.decoders.get(stream)
  if (known !== undefined) return known
  const isFresh = whole === true || repeated === true
  const made = createStreamDecoder(lane.sources, stream, isFresh ? undefined : lane.resume.state(stream), now)
  if (whole !== true) lane.decoders.set(stream, made)
  return made
}

/** Ids are the attacker's to choose: the same one with other content is evaluated, and told once an hour. */
function conflict(id: string, source: string, time: number, now: number): Finding {
  return {
    id: digest('identity-conflict', source, hourOf(now)),
    kind: 'identity-conflict',
    about: source,
    since: time,
    until: time,
    message: `records came again under a known identity with other content and were evaluated; the first was ${id.slice(0, 128)}`,
  }
}

/** Somebody else's word about an engine's container, told once an hour. */
function contradictionFinding({ container, believed, contradicting }: Contradiction, now: number): Finding {
  return {
    id: digest('identity-conflict', 'container', contradicting, hourOf(now)),
    kind: 'identity-conflict',
    about: contradicting,
    since: now,
    until: now,
    message: `told of containers otherwise than the engine that runs them, and was not believed; the first was ${container.slice(0, 128)}, which ${believed} knows`,
  }
}

/** The hour of the clock: times in records are the attacker's to choose, and so many findings there would be. */
function hourOf(now: number): string {
  return String(Math.floor(now / 3_600_000))
}

function latest<T extends { readonly stream: string }>(streams: readonly T[]): readonly T[] {
  return [...new Map(streams.map((stream) => [stream.stream, stream])).values()]
}

function createTally(): {
  failed(failure: Failure, times?: number): void
  duplicate(): void
  evaluated(source: string): void
  suppressed(by: string): void
  total(): { counters: Counters; failures: readonly Failure[] }
} {
  let [evaluated, failed, duplicates] = [0, 0, 0]
  const sources: Record<string, number> = {}
  const suppressed: Record<string, number> = {}
  const reasons: Record<string, number> = {}
  const samples: Failure[] = []
  const count = (counts: Record<string, number>, name: string, times = 1): void => {
    counts[name] = (counts[name] ?? 0) + times
  }
  return {
    failed(failure, times = 1) {
      failed += times
      count(reasons, failure.reason, times)
      if (samples.length < SAMPLES_A_BATCH) samples.push(failure)
    },
    duplicate() {
      duplicates += 1
    },
    evaluated(source) {
      evaluated += 1
      count(sources, source)
    },
    suppressed: (by) => count(suppressed, by),
    total: () => ({
      counters: {
        records: evaluated + failed + duplicates,
        evaluated,
        failed,
        duplicates,
        suppressed,
        sources,
        failures: reasons,
      },
      failures: samples,
    }),
  }
}
