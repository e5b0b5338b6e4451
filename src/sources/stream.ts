import type { Chunk, Event, Fact, Failure, Resource, SourceName } from '../domain/event.ts'
import { factWithBase, withBase } from './base-resource.ts'
import { toldOf, type Told } from './told-of.ts'
import { foreignFormat, UNKNOWN_FORMAT } from './foreign.ts'
import { createFramer, MAX_ELEMENTS, SAMPLE_LENGTH } from './framing.ts'
import type { Framed, FramingCheckpoint } from './framing.ts'
import { isObject, jsonText, TOO_MANY } from './json.ts'
import { failed } from './source.ts'
import type { Decoded, Decoder, FramedRecord, Source } from './source.ts'

/** A record that was understood, and by whom. */
export interface DecodedItem {
  readonly source: SourceName
  readonly position: number | string
  readonly decoded: Extract<Decoded, { kind: 'evaluated' }>
}

/** `records` = `items` + `failures`: nothing is lost, nothing counted twice. */
export interface DecodedBatch {
  readonly records: number
  readonly items: readonly DecodedItem[]
  readonly failures: readonly Failure[]
  /** What records mean together that were counted before. Each event names what it is `once`. */
  readonly completed: readonly Completed[]
}

/** What a source made of several records. */
export interface Completed {
  readonly source: SourceName
  readonly events: readonly Event[]
  readonly facts: readonly Fact[]
}

export interface StreamDecoder {
  /** Chunks follow on each other without a gap. Never throws on content. */
  push(chunk: Chunk): DecodedBatch
  /** Where to go on: the offset up to which records are consumed, and the JSON state to hand in with it. */
  checkpoint(): { readonly offset: number; readonly state: unknown }
}

export interface StreamState {
  readonly framing?: FramingCheckpoint
  readonly decoders?: Readonly<Record<string, unknown>>
  /** The source that read the last record; missing until one did. */
  readonly source?: string
  readonly refused?: boolean
  /** Length of what was passed over and told as one failure, while no source knew a record, in characters. */
  readonly passed?: number
}

const NOTHING = Object.freeze({ events: [], facts: [] })
export const DECODER_FAULT = 'decoder fault'
/** A stream without a known record that stands still within a record, such as a line without its newline. */
export const UNFINISHED = 'a record that does not end'
/** So much is read of a stream before it is refused as a whole, in characters. */
const RECOGNITION_WINDOW = 64 * 1024

/**
 * Reads one stream: bytes to records to what they mean. The source is found by content, record by record, the
 * one that read the last record first. A stream whose beginning holds no record of any source is refused: one
 * failure that names what it looks like; of messages each is. Where nothing is appended for a while (`Chunk.idle`) that failure is told
 * of what is there, once; what is appended later is considered as before. `now` dates records that state no time of
 * their own; without it they fail.
 */
export function createStreamDecoder(
  sources: readonly Source[],
  stream: string,
  state?: unknown,
  now?: () => number,
): StreamDecoder {
  const from: StreamState = isObject(state) ? state : {}
  const framer = createFramer(stream, from.framing, now)
  const decoders = new Map<SourceName, Decoder>()
  let source = sources.find(({ name }) => name === from.source)
  let refused = from.refused === true
  let passed = typeof from.passed === 'number' ? from.passed : undefined
  let offset = 0
  let started = false
  /** Each line is a message of its own. */
  let single = false
  /** What came before the first record that a source recognised. */
  let held: Framed[] = []
  let heldLength = 0
  /** Where the undecided part begins. */
  let undecided: { offset: number; state: unknown } | undefined

  const decoderOf = (of: Source): Decoder => {
    const decoder = decoders.get(of.name) ?? of.decoder(from.decoders?.[of.name])
    decoders.set(of.name, decoder)
    return decoder
  }
  const recogniser = (record: FramedRecord): Source | undefined => {
    if (source?.recognise(record) === true) return source
    const other = sources.find((each) => each !== source && each.recognise(record))
    if (other !== undefined || source === undefined || single) return other
    return decoderOf(source).continues?.(record) === true ? source : undefined
  }

  /** What decoders held of records that waited for others, also those that only a checkpoint tells of. */
  const settled = (): readonly Completed[] =>
    sources
      .filter(({ name }) => decoders.has(name) || from.decoders?.[name] !== undefined)
      .map((of) => ({ source: of.name, ...(decoderOf(of).settle?.() ?? NOTHING) }))
      .filter(({ events, facts }) => events.length + facts.length > 0)

  const current = (): { offset: number; state: StreamState } => {
    const states: Record<string, unknown> = { ...from.decoders }
    for (const [name, decoder] of decoders) states[name] = decoder.checkpoint()
    return {
      offset: refused ? offset : framer.consumed,
      state: refused
        ? { refused }
        : {
            framing: framer.checkpoint(),
            decoders: states,
            ...(source !== undefined && { source: source.name }),
            ...(source === undefined && passed !== undefined && { passed }),
          },
    }
  }

  return {
    push(chunk) {
      const items: DecodedItem[] = []
      const failures: Failure[] = []
      const completed: Completed[] = []
      if (!started) undecided = { offset: chunk.offset, state }
      started = true
      single = chunk.messages !== undefined
      offset = chunk.offset + chunk.bytes.length
      if (refused) return { records: 0, items, failures, completed }

      const take = (framed: Framed): void => {
        if (framed.kind === 'failed') {
          failures.push(framed.failure)
          return
        }
        const { record } = framed
        const by = recogniser(record)
        if (by === undefined) {
          failures.push(failureOf(record, foreignFormat(record)?.reason ?? 'not a known record'))
          return
        }
        const decoded = decodedBy(decoderOf(by), record)
        source = by
        if (decoded.kind === 'failed') failures.push(failureOf(record, decoded.reason))
        else {
          if (decoded.completed !== undefined)
            completed.push({ source: by.name, events: decoded.completed, facts: [] })
          items.push({ source: by.name, position: record.position, decoded })
        }
      }
      const release = (): void => {
        const before = held
        held = []
        heldLength = 0
        for (const framed of before) take(framed)
      }
      const refuse = (): void => {
        passOver()
        refused = true
      }
      /** One failure for all that was passed over. */
      const passOver = (): void => {
        if (passed === undefined) failures.push(refusalOf(held, { stream, position: framer.consumed }))
        passed = (passed ?? 0) + heldLength
        held = []
        heldLength = 0
      }
      /** Also of what never became a record, such as a line that is too long. */
      const isLong = (): boolean => framer.consumed - (undecided?.offset ?? 0) >= RECOGNITION_WINDOW
      /** Holds what is not recognised until it is known what the stream is. */
      const consider = (framed: Framed): void => {
        const by = framed.kind === 'record' ? recogniser(framed.record) : undefined
        if (by !== undefined) {
          source = by
          release()
          take(framed)
          return
        }
        held.push(framed)
        heldLength += framed.kind === 'record' ? framed.record.text.length : framed.failure.sample.length + 1
        const isFirst = held.length === 1 && passed === undefined && framed.kind === 'record'
        const certain = isFirst && foreignFormat(framed.record)?.whole === true
        if (certain || ((passed ?? 0) + heldLength >= RECOGNITION_WINDOW && held.some(isRecord))) refuse()
      }

      for (const one of framer.push(chunk)) {
        for (const framed of expand(one, sources)) {
          if (refused) break
          if (source === undefined && !single) consider(framed)
          else take(framed)
        }
        if (refused) break
      }
      if (!refused && source === undefined) {
        const known = held.some(isRecord)
        if (known && chunk.end === true) refuse()
        else if (known && chunk.idle === true) passOver()
        else if (!known && (chunk.end === true || chunk.idle === true || isLong())) release()
        if (chunk.idle === true && framer.consumed < offset && held.length === 0) passOver()
        if (held.length === 0) undecided = undefined
      }
      if (source === undefined && !refused && held.length === 0) undecided = current()
      if (chunk.end === true || chunk.idle === true) completed.push(...settled())
      const batch = { records: items.length + failures.length, items, failures, completed }
      return ofMachine(chunk.machine, based(chunk.resource, batch))
    },
    checkpoint() {
      const isUndecided = source === undefined && !refused && held.length > 0
      return isUndecided && undecided !== undefined ? undecided : current()
    },
  }
}

/** What a transport said of where records were written is told of what they meant. */
function based(base: Resource | undefined, batch: DecodedBatch): DecodedBatch {
  if (base === undefined) return batch
  const told = <T extends Pick<Completed, 'events' | 'facts'>>(source: SourceName, of: T): T => ({
    ...of,
    events: of.events.map((event) => withBase(base, source, event)),
    facts: of.facts.map((fact) => factWithBase(base, source, fact)),
  })
  return {
    ...batch,
    items: batch.items.map((item) => ({ ...item, decoded: told(item.source, item.decoded) })),
    completed: batch.completed.map((whole) => told(whole.source, whole)),
  }
}

/** What was read on another machine is told of it. */
function ofMachine(machine: Chunk['machine'], batch: DecodedBatch): DecodedBatch {
  if (machine === undefined) return batch
  const told = <T extends Told>(source: SourceName, of: T): T => toldOf(machine, source, of)
  return {
    ...batch,
    items: batch.items.map((item) => ({ ...item, decoded: told(item.source, item.decoded) })),
    completed: batch.completed.map((whole) => told(whole.source, whole)),
  }
}

/** What a decoder ought never to throw costs the one record only. */
function decodedBy(decoder: Decoder, record: FramedRecord): Decoded {
  try {
    return decoder.decode(record)
  } catch {
    return failed(DECODER_FAULT)
  }
}

function isRecord(framed: Framed): boolean {
  return framed.kind === 'record'
}

function failureOf(record: FramedRecord, reason: string): Failure {
  return {
    reason,
    stream: record.stream,
    position: record.position,
    sample: record.text.slice(0, SAMPLE_LENGTH),
  }
}

/** One failure for all that is held, named after the first record whose format is known. */
function refusalOf(held: readonly Framed[], at: Pick<Failure, 'stream' | 'position'>): Failure {
  const records = held.flatMap((framed) => (framed.kind === 'record' ? [framed.record] : []))
  const named = records.find((record) => foreignFormat(record) !== undefined) ?? records[0]
  if (named === undefined) return { ...at, reason: UNFINISHED, sample: '' }
  return failureOf(named, foreignFormat(named)?.reason ?? UNKNOWN_FORMAT)
}

/** The records that a batch carries, or the record itself. */
function* expand(framed: Framed, sources: readonly Source[]): Iterable<Framed> {
  const parts = framed.kind === 'record' ? partsOf(framed.record.json, sources) : undefined
  if (framed.kind === 'failed' || parts === undefined) {
    yield framed
    return
  }
  for (let index = 0; index < Math.min(parts.length, MAX_ELEMENTS); index += 1) {
    const json = parts[index]
    const position = `${framed.record.position}/${index}`
    yield { kind: 'record', record: { ...framed.record, position, text: jsonText(json), json } }
  }
  if (parts.length > MAX_ELEMENTS) {
    const rest = { ...framed.record, position: `${framed.record.position}/${MAX_ELEMENTS}` }
    yield { kind: 'failed', failure: failureOf(rest, TOO_MANY) }
  }
}

function partsOf(json: unknown, sources: readonly Source[]): readonly unknown[] | undefined {
  if (json === undefined) return undefined
  for (const source of sources) {
    const parts = source.split?.(json)
    if (parts !== undefined) return parts
  }
  return undefined
}
