import { setImmediate as nextTurn } from 'node:timers/promises'
import { commitBatch, commitCoverage, type BatchResult } from './commit-batch.ts'
import { createCorrelating, type Correlating, type CorrelatingParts } from './correlating.ts'
import { createCovering, type Covering } from './covering.ts'
import type { Detection } from '../detection.ts'
import { createDeciding, type Memory } from './decide.ts'
import type { Chunk, Event, Finding, SourceName } from '../domain/event.ts'
import type { Match } from '../domain/match.ts'
import type { Route } from '../domain/notice.ts'
import type { Input, InputBatch, Member } from '../inputs/input.ts'
import { createInventory, isKnown, joinedWith, type Joined } from '../inventory/inventory.ts'
import { createOpenStreams, type OpenStreams } from '../jobs/open-streams.ts'
import { createReadingAway, type ReadingAway } from '../jobs/reading-away.ts'
import type { Workers } from '../jobs/workers.ts'
import { applies, type Ruleset } from '../sigma/sigma.ts'
import { allowedSources } from '../sources/allowed.ts'
import { inPieces } from '../sources/in-pieces.ts'
import type { Source } from '../sources/source.ts'
import { createStreamDecoder, type StreamDecoder } from '../sources/stream.ts'
import type { Assessment, Contact } from '../engine/assumptions.ts'
import type { AuditProbes } from '../engine/audit-probes.ts'
import type { Judge } from '../engine/judge.ts'
import { createSeen } from '../engine/seen.ts'
import { createSensorRuns, type Overdue } from '../engine/sensor-runs.ts'
import { IDENTITY_HORIZON } from '../domain/state.ts'
import { createViews, DEFAULT_BOUND } from '../views/views.ts'
import { createLateFacts, type LateFacts } from './late-facts.ts'
import { merge } from '../inputs/merge.ts'
import type { Commit, Store, StreamRest, StreamResume } from '../store/store.ts'
import { createUnconsumed } from './unconsumed.ts'
import { createWatermark, type Watermark, type WatermarkOptions } from './watermark.ts'

export type { BatchResult } from './commit-batch.ts'

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
  /** What an input reads besides, by its name: what its mapping describes. It is asked first. */
  readonly besides?: ReadonlyMap<string, Source>
  /** Records are read as they arrive: one that is dated far after that is dated by it. */
  readonly arriving?: true
  /**
   * Asks now and then what is overdue of the sensors that were read; what it yields is committed. Asked to end when
   * all inputs have.
   */
  readonly watch?: (overdue: () => readonly Overdue[], signal: AbortSignal) => AsyncIterable<Overdue>
  /** Told when an input has nothing more to hand on. */
  readonly ended?: (input: string) => void
  /**
   * Threads that read and evaluate, with all sources and the rules that `detection` has all the time; the results
   * are the same. Only for inputs whose streams go on: files and what is piped in.
   */
  readonly workers?: Workers
  /** Of inputs that go on: for how long correlations wait for what is late, and for how much. */
  readonly correlations?: Omit<WatermarkOptions, 'now'> &
    Pick<CorrelatingParts, 'waiting' | 'told' | 'zone' | 'elapsed'>
  /**
   * Where coverage is kept: what strategies assume of it is judged at each beat. By input, `contacts` are those that
   * talk to who makes the records.
   */
  readonly coverage?: {
    readonly strategies: () => Detection['strategies']
    readonly contacts: () => ReadonlyMap<string, Contact>
    /** Sources of systems that the site says it does not have, each with its words. */
    readonly notPresent?: () => ReadonlyMap<SourceName, string>
    /** Probes of audit logs: what comes back of them is counted, and no rule is asked about it. */
    readonly probes?: Pick<AuditProbes, 'take' | 'results'>
    /** Told what each assumption came to. */
    readonly judged?: (assessments: readonly Assessment[]) => void
  }
  /** For how long views of a machine's containers may differ, ms. */
  readonly viewsBound?: number
  /** Comes now and then, so that correlations are decided though nothing comes. Asked to end when all inputs have. */
  readonly beats?: (signal: AbortSignal) => AsyncIterable<Beat>
}

/** Time has passed. */
export interface Beat {
  readonly beat: true
}

/** Stands where the name of an input does, for what waited; inputs have no such name. */
const LATE = '(late)'
const NOTHING: InputBatch = { chunks: [], findings: [], unreadable: [] }
/** Steps of the correlations between two batches: inputs are not to wait for long. */
const STEPS = 4
const WITHOUT_END = { lateness: 0, patience: Infinity }

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
  const sensorRuns = createSensorRuns(parts.store.sensorRuns(), parts.now())
  const covering = coveringOf(parts)
  const isInput = (name: string): boolean =>
    names.has(name) || inputs.some(({ handsOn }) => handsOn?.(name) === true)
  const memory: Memory = {
    inventory: createInventory(parts.store.containers(), {
      isInput,
      creators: parts.store.creators(),
    }),
    seen: createSeen(parts.store.seen(IDENTITY_HORIZON), IDENTITY_HORIZON),
    sensorRuns,
    views: createViews(parts.store.views(), {
      bound: parts.viewsBound ?? DEFAULT_BOUND,
      isInput,
    }),
    ...(covering !== undefined && { covering }),
  }
  const lanes = inputs.map((input): Lane => {
    const resume = parts.store.resume(input.name)
    return {
      input,
      resume,
      sources: [
        parts.besides?.get(input.name) ?? [],
        allowedSources(parts.sources, parts.speaksAs?.get(input.name)),
      ].flat(),
      decoders: new Map(),
      members: new Map(),
      open: createOpenStreams((stream) => resume.state(stream)),
    }
  })
  const stop = new AbortController()
  const ending = AbortSignal.any([signal, stop.signal])
  const watermark = createWatermark(inputs, { ...WITHOUT_END, ...parts.correlations, now: parts.now })
  /** An input of another machine, which is not known here, may tell anything. */
  const mayTell = (input: string, rules: ReadonlySet<string>): boolean => {
    const lane = lanes.find((each) => each.input.name === input)
    if (lane === undefined) return true
    const wanted = parts.detection().ruleset.rules.filter(({ id }) => rules.has(id))
    const speaksAs = parts.speaksAs?.get(input)
    return lane.sources.some(
      ({ name, serves }) =>
        (speaksAs === undefined || speaksAs.includes(name) || name === 'custom') &&
        serves.some((each) => wanted.some(({ logsource }) => applies(logsource, each))),
    )
  }
  const correlating = createCorrelating({
    ...parts,
    ...parts.correlations,
    strategies: parts.coverage?.strategies,
    heardUntil: (rules) => watermark.heard((input) => mayTell(input, rules)),
  })
  const late =
    parts.arriving === true && parts.workers === undefined
      ? createLateFacts(parts.store.waiting(), {
          now: parts.now,
          inventory: memory.inventory,
          isAsked: (host) => memory.views.isAsked(host),
        })
      : undefined
  const batchParts = { ...parts, memory, correlating, covering, late }
  const letGo = (): void => {
    if (late?.overdue() !== true) return
    const result = processBatch(LATE, NOTHING, NO_LANE, batchParts)
    parts.committed?.(result)
  }
  const correlate = (): void => {
    for (const result of correlating.steps(watermark.current()).take(STEPS))
      if (result !== undefined) parts.committed?.(result)
  }
  const judgeCoverage = (): void => {
    const judged = covering?.judge()
    const result = judged === undefined ? undefined : commitCoverage(judged, parts)
    if (result !== undefined) parts.committed?.(result)
  }
  const away = parts.workers && readingAway(lanes, { ...batchParts, workers: parts.workers }, stop)
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
      items: atEnd(readLane(lane, parts, watermark, ending), () => {
        reading -= 1
        if (reading === 0) over.abort()
      }),
    }))
    const overdue = (): readonly Overdue[] => [
      ...sensorRuns.missing(parts.now()),
      ...sensorRuns.silent(parts.now()),
    ]
    const watched = parts.watch?.(overdue, AbortSignal.any([ending, over.signal]))
    const beats = parts.beats?.(AbortSignal.any([ending, over.signal]))
    const others = [watched, beats].filter((items) => items !== undefined)
    const sequences = [...read, ...others.map((items) => ({ from: undefined, items }))]
    for await (const { from: lane, item } of merge<Lane | undefined, InputBatch | Overdue | Beat>(
      sequences,
    )) {
      if ('finding' in item) tellOverdue(item)
      else if (lane === undefined || 'beat' in item) {
        letGo()
        judgeCoverage()
        correlate()
      } else if (away !== undefined) await away.take(lane.input.name, item, lane.open)
      else {
        const { of } = item
        const result =
          of === undefined
            ? processBatch(lane.input.name, item, lane, batchParts)
            : processBatch(of.name, item, memberOf(lane, of, parts), batchParts)
        item.committed?.()
        parts.committed?.(result)
        correlate()
      }
    }
    await away?.drained()
    // nothing comes any more that could bring what is missing
    late?.end()
    if (!signal.aborted) letGo()
    if (!signal.aborted) for (const one of sensorRuns.missing(Number.POSITIVE_INFINITY)) tellOverdue(one)
    // one after the other, each committed on its own
    if (!signal.aborted)
      for (const result of correlating.steps(watermark.current())) {
        if (result !== undefined) parts.committed?.(result)
        // whoever wants it to stop is heard in between
        await nextTurn()
        if (signal.aborted) break
      }
    const rest = covering?.rest()
    if (rest !== undefined) commitCoverage({ coverage: rest, findings: [] }, parts)
  } finally {
    away?.abandon()
    stop.abort()
  }
}

function coveringOf({ store, detection, now, coverage }: PipelineParts): Covering | undefined {
  if (coverage === undefined) return undefined
  const { strategies, contacts, judged, probes, notPresent } = coverage
  return createCovering({
    store,
    detection: () => ({ ...detection(), strategies: strategies() }),
    now,
    contacts,
    notPresent,
    probes: probes?.results,
    judged,
  })
}

/** Batches read by threads: what goes wrong with one of them ends the inputs. */
function readingAway(
  lanes: readonly Lane[],
  parts: PipelineParts & {
    readonly memory: Memory
    readonly correlating: Correlating
    readonly workers: Workers
  },
  stop: AbortController,
): ReadingAway {
  return createReadingAway({
    ...parts,
    detection: parts.detection,
    committed: (batch, result) => {
      batch.committed?.()
      parts.committed?.(result)
    },
    failed: (cause) => {
      for (const { open } of lanes) open.fail(cause)
      stop.abort()
    },
  })
}

/** Streams of an input: where they go on, and what reads them. */
interface Streams {
  resume: StreamResume
  readonly sources: readonly Source[]
  readonly decoders: Map<string, StreamDecoder>
}
interface Lane extends Streams {
  readonly input: Input
  /** Of the inputs of other machines that it hands on. */
  readonly members: Map<string, Streams & { readonly speaksAs: string }>
  /** The same where threads read them. */
  readonly open: OpenStreams
}

/** Of a batch that has none. */
const NO_LANE: Streams = {
  resume: {
    checkpoint: undefined,
    offset: () => undefined,
    state: () => undefined,
    rest: () => undefined,
    position: () => undefined,
  },
  sources: [],
  decoders: new Map(),
}

/** The streams of an input of another machine; read anew where it may speak as other sources than before. */
function memberOf({ members }: Lane, { name, sources }: Member, parts: PipelineParts): Streams {
  const speaksAs = (sources ?? []).join(' ')
  const known = members.get(name)
  if (known?.speaksAs === speaksAs) return known
  const allowed = allowedSources(parts.sources, sources)
  const made = { resume: parts.store.resume(name), sources: allowed, decoders: new Map(), speaksAs }
  members.set(name, made)
  return made
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
  { store, tend, ended, now }: PipelineParts,
  watermark: Pick<Watermark, 'ended' | 'failed'>,
  signal: AbortSignal,
): AsyncGenerator<InputBatch> {
  const { name } = lane.input
  for (;;) {
    try {
      yield* lane.input.read(lane.resume, signal)
      if (!signal.aborted) {
        watermark.ended(name)
        ended?.(name)
      }
      return
    } catch (cause) {
      if (tend === undefined) throw cause
      watermark.failed(name, now())
      for await (const finding of tend(name, cause, signal))
        yield { chunks: [], findings: [finding], unreadable: [] }
      if (signal.aborted) return
      // what decoders held of a record that was not whole comes again
      lane.resume = store.resume(name)
      lane.decoders.clear()
      lane.members.clear()
    }
  }
}

function processBatch(
  input: string,
  batch: InputBatch,
  lane: Streams,
  parts: PipelineParts & {
    readonly memory: Memory
    readonly correlating: Correlating
    readonly covering: Covering | undefined
    readonly late: LateFacts | undefined
  },
): BatchResult {
  const { ruleset, judge } = parts.detection()
  const { now } = parts
  const deciding = createDeciding(input, batch, parts.memory, {
    now,
    arrival: parts.arriving === true ? now() : undefined,
  })
  const matches: Match[] = []
  const evaluate = (from: string, event: Event, joined: Joined): void => {
    const whole = joinedWith(event, joined)
    parts.covering?.event(from, event, whole, isKnown(joined))
    if (parts.coverage?.probes?.take(event) !== true) matches.push(...ruleset.match(whole))
  }
  const streams: Commit['streams'][number][] = []
  const bodies: Commit['bodies'][number][] = []
  const unconsumed = createUnconsumed()
  for (const chunk of batch.chunks) {
    const rest = restBefore(chunk, lane)
    const decoder = decoderFor(chunk, lane, parts)
    for (const piece of inPieces(rest === undefined ? chunk : joinedTo(rest, chunk)))
      deciding.take(chunk, decoder.push(piece), (event, joined, within) => {
        if (parts.late?.holds(event, joined, { input, within }) !== true) evaluate(input, event, joined)
      })
    if (chunk.end === true) lane.decoders.delete(chunk.stream)
    if (chunk.repeated === true) continue
    if (chunk.whole === true) bodies.push({ stream: chunk.stream, length: chunk.bytes.length })
    else {
      const checkpoint = decoder.checkpoint()
      streams.push({ stream: chunk.stream, ...checkpoint })
      if (chunk.kept === true) unconsumed.took(chunk, chunk.end === true ? Infinity : checkpoint.offset)
    }
  }
  makePlace(lane)
  // what this batch told of containers is what others may have waited for
  for (const one of parts.late?.released() ?? []) evaluate(one.input, one.event, one.joined)
  for (const source of parts.late?.unknown() ?? []) deciding.tally.unattributed(source)
  const decided = { ...deciding.decided(), ...parts.late?.changes() }
  for (const event of decided.made) matches.push(...ruleset.match(event))
  return commitBatch(
    { input, batch, tally: deciding.tally, decided, matches, streams, bodies, rests: unconsumed.rests() },
    { ...parts, judge },
  )
}

/** So many streams of an input of another machine are read at once; of others it is read where they go on. */
const MEMBER_STREAMS = 2_000

/** What was kept of the stream and is not in any record yet, where nothing was read of it since. */
function restBefore({ stream, kept, whole, repeated }: Chunk, lane: Streams): StreamRest | undefined {
  if (kept !== true || whole === true || repeated === true || lane.decoders.has(stream)) return undefined
  return lane.resume.rest(stream)
}

function joinedTo({ offset, bytes }: StreamRest, chunk: Chunk): Chunk {
  return offset + bytes.length === chunk.offset
    ? { ...chunk, offset, bytes: Buffer.concat([bytes, chunk.bytes]) }
    : chunk
}

/** All that they know is committed with each batch. */
function makePlace(lane: Streams): void {
  if (!('speaksAs' in lane)) return
  for (const stream of lane.decoders.keys()) {
    if (lane.decoders.size <= MEMBER_STREAMS) return
    lane.decoders.delete(stream)
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
