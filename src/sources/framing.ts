import type { Chunk, Failure } from '../domain/event.ts'
import { excessOf, parseJson, TOO_DEEP, TOO_MANY } from './json.ts'
import { createLineReader, MAX_RECORD_BYTES, TOO_LONG } from './lines.ts'
import type { Line, LinesCheckpoint } from './lines.ts'
import type { FramedRecord } from './source.ts'
import { createTableReader, type TableHeader } from './zeek-tsv.ts'

export const TRUNCATED = 'truncated JSON'
export const INVALID_JSON = 'invalid JSON'
/** So many values of one line, and so many elements of one batch, become records; the rest is one failure. */
export const MAX_ELEMENTS = 100_000
export const SAMPLE_LENGTH = 512

/** A record, or what could not become one. */
export type Framed =
  | { readonly kind: 'record'; readonly record: FramedRecord }
  | { readonly kind: 'failed'; readonly failure: Failure }

export interface FramingCheckpoint {
  readonly lines: LinesCheckpoint
  /** The top-level array that is being read: where it began, and how many elements were handed out. */
  readonly array: OpenArray | undefined
  /** The header of the table whose rows are being read. */
  readonly table?: TableHeader | undefined
}

interface OpenArray {
  readonly offset: number
  readonly index: number
}

/** A JSON value that began and did not end on its line. */
interface Pending {
  readonly offset: number
  readonly pieces: string[]
  length: number
  depth: number
}

export interface Framer {
  /** Lazily, so that a long line is never held as records; to be read to its end before anything else is asked. */
  push(chunk: Chunk): Iterable<Framed>
  /** Offset up to which records are handed out; an unfinished one is not. */
  readonly consumed: number
  checkpoint(): FramingCheckpoint
}

/**
 * Cuts one stream into records: JSON a line, over several lines, several on one line, or the elements of a
 * top-level array; JSON behind a syslog header; the rows of a table, which its header makes objects; or lines of
 * text. A JSON value that breaks off is a failure, and reading goes on at the next line that parses, or that cannot be
 * part of JSON.
 */
export function createFramer(stream: string, from?: FramingCheckpoint, now?: () => number): Framer {
  const lines = createLineReader(from?.lines)
  const table = createTableReader(from?.table)
  let array = from?.array
  let pending: Pending | undefined
  let out: Framed[] = []
  /** Values found on the line being read. */
  let onLine = 0
  /** Where each line is a message of its own. */
  let messages: Chunk['messages']
  let arrived: number | undefined

  const taken = (): readonly Framed[] => {
    const framed = out
    out = []
    return framed
  }
  const fail = (reason: string, position: number | string, sample: string): void => {
    out.push({
      kind: 'failed',
      failure: { reason, stream, position, sample: sample.slice(0, SAMPLE_LENGTH) },
    })
  }
  const emit = (position: number | string, text: string, json: unknown): void => {
    out.push({
      kind: 'record',
      record: {
        stream,
        position,
        text,
        json,
        ...(now !== undefined && { received: arrived ?? now() }),
        ...(messages !== undefined && { zone: messages.zone }),
      },
    })
  }
  const nextPosition = (offset: number): number | string => {
    if (array === undefined) return offset
    const position = `${array.offset}/${array.index}`
    array = { offset: array.offset, index: array.index + 1 }
    return position
  }
  const emitValue = (offset: number, text: string): void => {
    onLine += 1
    if (onLine > MAX_ELEMENTS + 1) return
    const position = nextPosition(offset)
    if (onLine > MAX_ELEMENTS) return fail(TOO_MANY, position, text)
    const parsed = parse(text)
    if (parsed.ok) emit(position, text, parsed.json)
    else fail(parsed.reason, position, text)
  }
  const dropPending = (reason: string): void => {
    if (pending === undefined) return
    fail(reason, nextPosition(pending.offset), pending.pieces.join('\n'))
    pending = undefined
  }

  const dropUnfinished = (): void => {
    if (pending !== undefined) dropPending(TRUNCATED)
    else if (array !== undefined) fail(TRUNCATED, `${array.offset}/${array.index}`, '')
    array = undefined
  }

  const readLine = (line: Extract<Line, { kind: 'line' }>): void => {
    const { text, offset } = line
    const first = firstOf(text)
    if (first === -1) return
    if ((pending !== undefined || array !== undefined) && !JSON_GOES_ON.test(text.slice(first, first + 64)))
      dropUnfinished()
    if (pending !== undefined && isWholeObject(text)) {
      const parsed = parse(text)
      if (parsed.ok) {
        dropPending(TRUNCATED)
        array = undefined
        return emit(offset, text, parsed.json)
      }
    }
    if (pending === undefined && array === undefined) {
      if (!opensJson(text, first)) return readText(line)
      if (text[first] === '{') {
        const parsed = parse(text)
        if (parsed.ok) return emit(offset, text, parsed.json)
        if (parsed.reason !== INVALID_JSON) return fail(parsed.reason, offset, text)
      }
    }
    readValues(line)
  }

  /** A line of a table, JSON behind a syslog header, or text. */
  const readText = (line: Extract<Line, { kind: 'line' }>): void => {
    const { text, offset } = line
    const row = messages === undefined ? table.read(text) : undefined
    if (row?.kind === 'header') return
    if (row?.kind === 'failed') return fail(row.reason, offset, text)
    if (row?.kind === 'row') return emit(offset, text, row.json)
    const brace = LOG_HEADER.test(text) ? text.indexOf('{') : -1
    if (brace !== -1 && text.trimEnd().endsWith('}')) {
      const json = text.slice(brace)
      const parsed = parse(json)
      if (parsed.ok) return emit(offset, json, parsed.json)
    }
    emit(offset, text, undefined)
  }

  /** The values that begin, go on or end on a line. */
  const readValues = (line: Extract<Line, { kind: 'line' }>): void => {
    const { text } = line
    const offsetAt = offsetsOf(line)
    let at = 0
    onLine = 0
    while (at < text.length) {
      if (pending === undefined) {
        at = skipSeparators(text, at)
        const character = text[at]
        if (character === undefined) return
        if (array !== undefined && character === ']') {
          array = undefined
          at += 1
          continue
        }
        if (character === '[' && array === undefined && opensJson(text, at)) {
          array = { offset: offsetAt(at), index: 0 }
          at += 1
          continue
        }
        if (character !== '{' && !(character === '[' && array !== undefined)) {
          if (array === undefined) return fail(INVALID_JSON, offsetAt(at), text.slice(at))
          const end = endOfScalar(text, at)
          emitValue(offsetAt(at), text.slice(at, end).trimEnd())
          at = end
          continue
        }
        pending = { offset: offsetAt(at), pieces: [], length: 0, depth: 0 }
      }
      const scanned = scanValue(text, at, pending.depth)
      pending.pieces.push(text.slice(at, scanned.end))
      pending.length += scanned.end - at
      pending.depth = scanned.depth
      at = scanned.end
      if (scanned.quoted) dropPending(TRUNCATED)
      else if (scanned.depth === 0) {
        const { offset, pieces } = pending
        pending = undefined
        emitValue(offset, pieces.join('\n'))
      } else if (pending.length > MAX_RECORD_BYTES) dropPending(TOO_LONG)
    }
  }

  return {
    *push(chunk) {
      messages = chunk.messages
      arrived = chunk.at
      for (const line of lines.push(chunk.offset, chunk.bytes, chunk.end === true)) {
        if (line.kind === 'line') {
          readLine(line)
          if (messages !== undefined) dropUnfinished()
        } else {
          dropPending(TRUNCATED)
          fail(line.reason, line.offset, line.sample)
        }
        yield* taken()
      }
      if (chunk.end === true) dropUnfinished()
      yield* taken()
    },
    get consumed() {
      return pending?.offset ?? lines.consumed
    },
    checkpoint() {
      return { lines: lines.checkpoint(), array, table: table.checkpoint() }
    },
  }
}

/** Offsets of a line's characters, asked for from left to right: each character is counted once. */
function offsetsOf({ text, offset, wide }: Extract<Line, { kind: 'line' }>): (index: number) => number {
  let counted = 0
  let bytes = 0
  return (index) => {
    if (wide) return offset + index * 2
    bytes += Buffer.byteLength(text.slice(counted, index))
    counted = index
    return offset + bytes
  }
}

type Parsed = { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly reason: string }

function parse(text: string): Parsed {
  const excess = excessOf(text)
  if (excess !== undefined) return { ok: false, reason: excess }
  try {
    return { ok: true, json: parseJson(text) }
  } catch (error) {
    return { ok: false, reason: error instanceof RangeError ? TOO_DEEP : INVALID_JSON }
  }
}

/** RFC 3164 and RFC 5424 headers, and lines that begin with an ISO time (journals, container runtimes). */
const LOG_HEADER =
  /^(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)/

function firstOf(text: string): number {
  for (let at = 0; at < text.length; at += 1) if (!isBlank(text.charCodeAt(at))) return at
  return -1
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0xfeff
}

/** An object opens JSON; a bracket only before a value or the end of its line (`[section]` is text). */
function opensJson(text: string, at: number): boolean {
  if (text[at] === '{') return true
  if (text[at] !== '[') return false
  const next = firstOf(text.slice(at + 1, at + 65))
  return next === -1 || '{[]"'.includes(text.charAt(at + 1 + next))
}

/** How a line begins within a JSON value: with what separates, a text, a number or a word of JSON. */
const JSON_SCALAR = String.raw`(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\s*(?:[,\]}]|$)`
const JSON_GOES_ON = new RegExp(String.raw`^(?:[{}\],:"]|\[\s*(?:[{[\]"]|$)|\[?\s*${JSON_SCALAR})`)

/** Only such a line may end a value that broke off: in indented JSON no object opens at the margin. */
function isWholeObject(text: string): boolean {
  return text.startsWith('{"') && text.trimEnd().endsWith('}')
}

function skipSeparators(text: string, from: number): number {
  let at = from
  while (at < text.length && (isBlank(text.charCodeAt(at)) || text[at] === ',')) at += 1
  return at
}

function endOfScalar(text: string, from: number): number {
  if (text[from] === '"') {
    for (let at = from + 1; at < text.length; at += 1) {
      if (text[at] === '\\') at += 1
      else if (text[at] === '"') return at + 1
    }
    return text.length
  }
  let at = from + 1
  while (at < text.length && text[at] !== ',' && text[at] !== ']') at += 1
  return at
}

/** Reads on to the end of a value that is `depth` brackets deep, or to the end of the line. */
function scanValue(
  text: string,
  from: number,
  startDepth: number,
): { readonly end: number; readonly depth: number; readonly quoted: boolean } {
  let depth = startDepth
  let quoted = false
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (quoted) {
      if (code === 0x5c) at += 1
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x7b || code === 0x5b) depth += 1
    else if (code === 0x7d || code === 0x5d) {
      depth -= 1
      if (depth === 0) return { end: at + 1, depth, quoted: false }
    }
  }
  return { end: text.length, depth, quoted }
}
