import { isDeepStrictEqual } from 'node:util'
import type { Chunk } from '../domain/event.ts'
import { stateBetweenLines } from '../sources/state-between-lines.ts'
import { cutAtLine, lastLines, withinOne, type LooseSpan } from './cut.ts'
import type { Checkpoint, Piece, Reached, ReadBatch } from './messages.ts'

/** The pieces of a batch, for a worker: all of their bytes stand in `bytes`. */
export interface Pieces {
  readonly pieces: readonly Piece[]
  readonly bytes: ArrayBuffer
  /**
   * Told what a worker made of them, it says from where the first piece is to be read again, because what was
   * guessed of its beginning is not so; undefined where the reading stands. Waits for the batches before.
   */
  settle(read: ReadBatch): Promise<Correction | undefined>
}
export interface Correction {
  readonly state: unknown
  readonly lead: Uint8Array
}

/** Streams that go on in later batches, cut so that several workers can read one at the same time. */
export interface OpenStreams {
  /** Waits for the batches before where nothing can be guessed of a stream. */
  take(chunks: readonly Chunk[]): Promise<Pieces>
  /** Nothing will be read any more. */
  fail(cause: unknown): void
}

/** What is known of a stream behind its newest piece. */
interface OpenStream {
  /** Where the reading of that piece ended. */
  readonly reached: PromiseWithResolvers<Reached>
  /** What was kept back, behind the last newline, and where it stands. */
  readonly tail: Uint8Array
  readonly offset: number
  /** Whole lines before it. */
  readonly before: Uint8Array
  readonly guess: Guess | undefined
  readonly course: Course
}

/** A state that the stream is likely to have between any two lines. */
interface Guess {
  readonly state: unknown
  wrong: boolean
}

/** How the stream went so far. */
interface Course {
  wrong: number
}

/** A piece before its bytes are put together. */
interface LoosePiece extends Omit<Piece, 'spans' | 'warmUp'> {
  readonly warmUp?: LooseSpan
  readonly spans: readonly LooseSpan[]
}

/** So many bytes before a place whose state is guessed are read, to find the rest of the state. */
const WARM_UP = 16 * 1024
/** A stream of which so many guesses were wrong is read by one worker after the other. */
const WRONG_GUESSES = 4
const NEWLINE = 0x0a
const NOTHING = new Uint8Array(0)

/**
 * A stream's first piece is read as it comes. Behind it each ends with a line, and the next one begins with what
 * the stream's state probably is there (`stateBetweenLines`, and what a few lines before lead to). Whether it was
 * so is known once the piece before is read; where it was not, the piece is read again. So what is read does not
 * depend on how a stream was cut.
 */
export function createOpenStreams(stateOf: (stream: string) => unknown): OpenStreams {
  const open = new Map<string, OpenStream>()
  /** Those that are not known yet. */
  const awaited = new Set<PromiseWithResolvers<Reached>>()
  let failure: { readonly cause: unknown } | undefined

  const begin = async (
    chunks: readonly Chunk[],
    { stream, path }: Chunk,
  ): Promise<{ piece: LoosePiece; guess: Guess | undefined; course: Course; guessed?: OpenStream }> => {
    const spans = chunks.map(spanOf)
    const about = { stream, ...(path !== undefined && { path }) }
    const known = open.get(stream)
    if (known === undefined) {
      const piece = { ...about, state: stateOf(stream), spans }
      return { piece, guess: undefined, course: { wrong: 0 } }
    }
    const { offset, tail, before, course, guess } = known
    if (guess?.wrong === false) {
      const warmUp = { offset: offset - before.length, parts: [before] }
      const piece = { ...about, state: guess.state, warmUp, spans: ledBy([tail], offset, spans) }
      return { piece, guess, course, guessed: known }
    }
    const { state, rest, offset: from } = await known.reached.promise
    const next =
      course.wrong < WRONG_GUESSES && !rest.includes(NEWLINE) ? stateBetweenLines(state) : undefined
    return {
      piece: { ...about, state, spans: ledBy([rest, tail], from, spans) },
      guess: next === undefined ? undefined : { state: next, wrong: false },
      course,
    }
  }

  return {
    async take(chunks) {
      const pieces: LoosePiece[] = []
      let guessed: OpenStream | undefined
      let last: OpenStream | undefined
      for (const group of groupsOf(chunks)) {
        const [first] = group
        if (first === undefined) continue
        const begun = await begin(group, first)
        guessed ??= begun.guessed
        const { piece, course, guess } = begun
        if (group.at(-1)?.end === true) {
          open.delete(first.stream)
          pieces.push(piece)
          last = undefined
          continue
        }
        const cut = guess === undefined ? undefined : cutAtLine(piece.spans)
        const { spans, tail } = cut ?? { spans: piece.spans, tail: NOTHING }
        pieces.push({ ...piece, spans })
        const reached = Promise.withResolvers<Reached>()
        reached.promise.catch(() => {})
        if (failure !== undefined) reached.reject(failure.cause)
        awaited.add(reached)
        last = {
          reached,
          tail,
          offset: endOf(spans),
          before: cut === undefined ? NOTHING : lastLines(spans, WARM_UP),
          guess: cut === undefined ? undefined : guess,
          course,
        }
        open.set(first.stream, last)
      }
      return {
        ...together(pieces),
        async settle({ assumed, reached }) {
          if (assumed !== undefined && guessed !== undefined) {
            const { guess, course, offset } = guessed
            const actual = await guessed.reached.promise
            if (!isAt(offset, actual, assumed)) {
              if (guess?.wrong === false) {
                guess.wrong = true
                course.wrong += 1
              }
              return { state: actual.state, lead: actual.rest }
            }
          }
          const end = reached.at(-1)
          if (end === undefined || last === undefined) return undefined
          last.reached.resolve(end)
          awaited.delete(last.reached)
          return undefined
        },
      }
    },
    fail(cause) {
      failure = { cause }
      for (const reached of awaited) reached.reject(cause)
    },
  }
}

/** Whether both stand there in the same state. */
function isAt(offset: number, one: Checkpoint, other: Checkpoint): boolean {
  return (
    one.offset === offset &&
    other.offset === offset &&
    isDeepStrictEqual(plain(one.state), plain(other.state))
  )
}

/** As it would be read from a store: what is undefined is not there. */
function plain(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state) ?? 'null') as unknown
}

/** Chunks of one stream that follow each other. */
function groupsOf(chunks: readonly Chunk[]): readonly (readonly Chunk[])[] {
  const groups: Chunk[][] = []
  for (const chunk of chunks) {
    const before = groups.at(-1)
    const previous = before?.at(-1)
    if (before !== undefined && previous?.stream === chunk.stream && previous.end !== true) before.push(chunk)
    else groups.push([chunk])
  }
  return groups
}

function spanOf({ offset, bytes, end }: Chunk): LooseSpan {
  return { offset, parts: [bytes], ...(end === true && { end }) }
}

/** The spans with what comes before them, as part of the first. */
function ledBy(
  lead: readonly Uint8Array[],
  offset: number,
  [first, ...others]: readonly LooseSpan[],
): readonly LooseSpan[] {
  return first === undefined ? [] : [{ ...first, offset, parts: [...lead, ...first.parts] }, ...others]
}

function endOf(spans: readonly LooseSpan[]): number {
  const last = spans.at(-1)
  return last === undefined ? 0 : last.parts.reduce((end, { length }) => end + length, last.offset)
}

function together(pieces: readonly LoosePiece[]): Pick<Pieces, 'pieces' | 'bytes'> {
  const loose = pieces.flatMap(({ warmUp, spans }) => [...(warmUp === undefined ? [] : [warmUp]), ...spans])
  const { bytes, spans } = withinOne(loose)
  let at = 0
  const next = (count: number): typeof spans => spans.slice(at, (at += count))
  return {
    bytes,
    pieces: pieces.map(({ warmUp, spans: own, ...piece }) => {
      const [warm] = warmUp === undefined ? [] : next(1)
      return { ...piece, ...(warm !== undefined && { warmUp: warm }), spans: next(own.length) }
    }),
  }
}
