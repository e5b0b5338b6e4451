import type { Event, Fact, Logsource, SourceName } from '../domain/event.ts'

/** One framed unit of a stream: a JSON value, or a line of text. */
export interface FramedRecord {
  readonly stream: string
  /** Offset of the record's first byte in its stream; for an element of an array or a batch, `offset/index`. */
  readonly position: number | string
  readonly text: string
  /** When it arrived, ms since the epoch: the time of a record that states none. Undefined where nobody said. */
  readonly received?: number
  /** Zone (IANA) of times that state none, where the input was told; UTC unless told. */
  readonly zone?: string
  /** The parsed JSON, or undefined for a line of text. Integers above 2^53 are BigInt. */
  readonly json: unknown
}

/** What one record meant. */
export type Decoded =
  | {
      readonly kind: 'evaluated'
      readonly events: readonly Event[]
      readonly facts: readonly Fact[]
      /** The producer's own identity of the record, where it has one: a record with the same identity is looked up. */
      readonly identity?: Identity
      /** Events of records before this one, which this one shows to be whole. They are no part of its identity. */
      readonly completed?: readonly Event[]
    }
  | { readonly kind: 'failed'; readonly reason: string }

/**
 * A producer's own identity of a record. The same id with the same content is a duplicate and not evaluated.
 * The same id with other content is evaluated; it is also a finding, unless the thing may `change` (a
 * container's specification), because ids are the attacker's to choose.
 */
export interface Identity {
  readonly id: string
  readonly content: string
  readonly changes?: boolean
  /** Of what may change: its own engine tells when it is gone. */
  readonly watched?: boolean
}

/** Turns the records of one stream into events; may carry state from record to record. */
export interface Decoder {
  /** Never throws on content. */
  decode(record: FramedRecord): Decoded
  /** Whether a record that no source knows by itself, a line of a report, is more of what is being read. */
  continues?(record: FramedRecord): boolean
  /** Nothing more came for a while, or nothing will: what the records mean that waited for others. */
  settle?(): { readonly events: readonly Event[]; readonly facts: readonly Fact[] }
  /** State to hand to `Source.decoder` after a restart; JSON. Undefined where there is none. */
  checkpoint(): unknown
}

/** A telemetry format. Adding one is a file, its fixtures, and a line in `index.ts`. */
export interface Source {
  readonly name: SourceName
  readonly title: string
  /** The log sources that its events carry: what rules for it are written against. */
  readonly serves: readonly Logsource[]
  /** Whether a record is of this format, by its content. Cheap: it is asked for each record. */
  recognise(record: FramedRecord): boolean
  /**
   * The records within a record that only carries others (an EventList, a batch of a log forwarder); undefined
   * for every other. Each is then a record of its own, at `position/index`.
   */
  split?(json: unknown): readonly unknown[] | undefined
  decoder(checkpoint?: unknown): Decoder
}

export function defineSource(source: Source): Source {
  return Object.freeze(source)
}

export function failed(reason: string): Decoded {
  return { kind: 'failed', reason }
}
