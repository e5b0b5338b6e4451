import type { Event } from '../domain/event.ts'
import { joinedWith, type Joined } from '../inventory/inventory.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import { inPieces } from '../sources/in-pieces.ts'
import type { Source } from '../sources/source.ts'
import { createStreamDecoder, type DecodedBatch } from '../sources/stream.ts'
import type { Checkpoint, Found, Piece, Reached, ReadBatch, ReadChunk, ReadWork, Span } from './messages.ts'
import { needsInventory, packChunk } from './pack-chunk.ts'

/** Reads and evaluates batches for the writer of another thread. Nothing here depends on the order of batches. */
export interface BatchReader {
  read(work: ReadWork): ReadBatch
  /** The same batch, its first stream from another state on. */
  again(number: number, from: { readonly state: unknown; readonly lead: Uint8Array }): ReadBatch
  /** Evaluates the events that waited for what is known of their containers, and forgets the batch. */
  match(number: number, events: readonly number[], joined: readonly Joined[]): readonly Found[]
  drop(number: number): void
}

export function createBatchReader({
  ruleset,
  sources,
}: {
  readonly ruleset: Pick<Ruleset, 'match'>
  readonly sources: readonly Source[]
}): BatchReader {
  /** Batches that the writer is not done with, and their events that wait. */
  const held = new Map<number, { readonly work: ReadWork; readonly waiting: ReadonlyMap<number, Event> }>()

  const read = (work: ReadWork): ReadBatch => {
    const waiting = new Map<number, Event>()
    const found: Found[] = []
    const chunks: ReadChunk[] = []
    const reached: Reached[] = []
    let assumed: Checkpoint | undefined
    let number = 0
    const evaluate = (events: readonly Event[]): void => {
      for (const event of events) {
        if (needsInventory(event)) waiting.set(number, event)
        else {
          const matches = ruleset.match(event)
          if (matches.length > 0) found.push({ event: number, matches })
        }
        number += 1
      }
    }
    const take = (piece: Piece, decoded: DecodedBatch): void => {
      for (const { decoded: meaning } of decoded.items) evaluate(meaning.events)
      for (const { events } of decoded.completed) evaluate(events)
      chunks.push(packChunk(piece, decoded))
    }
    for (const piece of work.pieces) {
      const { stream, state, warmUp, spans } = piece
      const decoder = createStreamDecoder(sources, stream, state, () => work.now)
      if (warmUp !== undefined) {
        decoder.push({ stream, ...warmUp })
        assumed = decoder.checkpoint()
      }
      for (const span of spans)
        for (const part of inPieces(span)) take(piece, decoder.push({ stream, ...part }))
      const checkpoint = decoder.checkpoint()
      reached.push({ stream, ...checkpoint, rest: restOf(spans, checkpoint.offset) })
    }
    held.set(work.number, { work, waiting })
    return { chunks, found, reached, ...(assumed !== undefined && { assumed }) }
  }

  return {
    read,
    again(number, { state, lead }) {
      const [first, ...others] = held.get(number)?.work.pieces ?? []
      const work = held.get(number)?.work
      if (first === undefined || work === undefined) throw new Error(`batch ${number} is not here`)
      const { warmUp: _warmUp, ...piece } = first
      return read({ ...work, pieces: [{ ...piece, state, spans: ledBy(lead, piece.spans) }, ...others] })
    },
    match(number, events, joined) {
      const waiting = held.get(number)?.waiting
      held.delete(number)
      return events.flatMap((event, at) => {
        const waited = waiting?.get(event)
        if (waited === undefined) throw new Error(`event ${event} of batch ${number} is not here`)
        const matches = ruleset.match(joinedWith(waited, joined[at]))
        return matches.length > 0 ? [{ event, matches }] : []
      })
    },
    drop: (number) => void held.delete(number),
  }
}

/** The spans with what comes before the first. */
function ledBy(lead: Uint8Array, [first, ...others]: readonly Span[]): readonly Span[] {
  if (first === undefined) return []
  const { offset, bytes } = first
  return [{ ...first, offset: offset - lead.length, bytes: Buffer.concat([lead, bytes]) }, ...others]
}

/** A copy of what was read behind the offset. */
function restOf(spans: readonly Span[], from: number): Uint8Array {
  const rest = spans.flatMap(({ offset, bytes, end }) =>
    end === true || offset + bytes.length <= from ? [] : [bytes.subarray(Math.max(0, from - offset))],
  )
  const whole = new Uint8Array(rest.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const bytes of rest) {
    whole.set(bytes, at)
    at += bytes.length
  }
  return whole
}
