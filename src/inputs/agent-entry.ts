import { z } from 'zod'
import type { Entry } from '../domain/chained.ts'
import { FINDING_KINDS, SOURCE_NAMES, type Chunk, type SourceName } from '../domain/event.ts'
import type { InputBatch } from './input.ts'

/** An input of an agent, as its entries name it. */
export interface EntryInput {
  readonly name: string
  readonly type: string
  readonly sources?: readonly SourceName[] | undefined
}

/** Bytes of streams in one entry; a stream that is one chunk is not cut. */
const ENTRY_BYTES = 4 * 1024 * 1024

const text = (length: number) => z.string().max(length)
const time = z.number().int().min(0).max(8.64e15)
const resource = z.record(text(256), z.union([text(4096), z.array(text(4096)).max(64)]))
const chunk = z.strictObject({
  stream: z.string().min(1).max(1024),
  path: text(4096).optional(),
  offset: z.number().int().min(0),
  length: z.number().int().min(0),
  idle: z.literal(true).optional(),
  end: z.literal(true).optional(),
  whole: z.literal(true).optional(),
  repeated: z.literal(true).optional(),
  messages: z.strictObject({ zone: text(64) }).optional(),
  at: time,
  resource: resource.optional(),
})
const finding = z.strictObject({
  id: text(256),
  kind: z.enum(FINDING_KINDS),
  about: text(256),
  since: time,
  until: time,
  message: text(4096),
  resource: resource.optional(),
  lost: z.strictObject({ source: z.enum(SOURCE_NAMES), records: z.number().int().min(0) }).optional(),
  closed: z.literal(true).optional(),
})

/** What stands before the bytes of an entry: what one batch of an input is, or a part of it. */
const entryHead = z.strictObject({
  input: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  type: z.string().regex(/^[a-z]{1,32}$/),
  sources: z.array(z.enum(SOURCE_NAMES)).optional(),
  /** When it was kept, and the batch before it; ms. */
  at: time,
  since: time,
  chunks: z.array(chunk).max(100_000),
  findings: z.array(finding).max(1_000),
  unreadable: z
    .array(
      z.strictObject({
        stream: text(4096),
        reason: text(1024),
        count: z.number().int().min(1).max(1e9).optional(),
      }),
    )
    .max(10_000),
})
export type EntryHead = z.infer<typeof entryHead>

/** An entry, taken apart. */
export interface ReadEntry {
  readonly head: EntryHead
  readonly chunks: readonly Chunk[]
}

/** What a batch is kept as; a large one in parts. `since`: when the one before was kept, ms. */
export function entriesOf(
  { name, type, sources }: EntryInput,
  { chunks, findings, unreadable }: Pick<InputBatch, 'chunks' | 'findings' | 'unreadable'>,
  { at, since }: { readonly at: number; readonly since: number },
): readonly Entry[] {
  const parts = inParts(chunks)
  const about = { input: name, type, ...(sources !== undefined && { sources }), at, since }
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1
    const head = {
      ...about,
      chunks: part.map((one) => chunkHead(one, at)),
      findings: isLast ? findings.map(findingHead) : [],
      unreadable: isLast ? unreadable.map(unreadableHead) : [],
    }
    return { head: JSON.stringify(head), body: Buffer.concat(part.map(({ bytes }) => bytes)) }
  })
}

export const TOO_LARGE = 'agent: larger than the daemon takes at once'
const NEWLINE = 0x0a

/** What stands in the place of an entry that the daemon does not take: how many records are lost with it. */
export function lostEntry({ head, body }: Entry): Entry {
  const { chunks = [], ...about } = (parsedJson(head) ?? {}) as Partial<EntryHead>
  const records = Math.max(1, chunks.length, body.filter((byte) => byte === NEWLINE).length)
  const stream = (chunks[0]?.path ?? chunks[0]?.stream ?? '').slice(0, 1024)
  const unreadable = [{ stream, reason: TOO_LARGE, count: records }]
  return {
    head: JSON.stringify({ ...about, chunks: [], findings: [], unreadable }),
    body: new Uint8Array(0),
  }
}

/** Undefined where it is none: whoever made it is no agent of ours. */
export function readEntry({ head, body }: Entry): ReadEntry | undefined {
  const parsed = entryHead.safeParse(parsedJson(head))
  if (!parsed.success) return undefined
  let from = 0
  const chunks = parsed.data.chunks.map(({ length, ...one }): Chunk => {
    const bytes = body.subarray(from, from + length)
    from += length
    return withoutUndefined({ ...one, bytes })
  })
  return from === body.length ? { head: parsed.data, chunks } : undefined
}

function inParts(chunks: readonly Chunk[]): readonly (readonly Chunk[])[] {
  const parts: Chunk[][] = [[]]
  let length = 0
  for (const one of chunks.flatMap(cut)) {
    if (length > 0 && length + one.bytes.length > ENTRY_BYTES) {
      parts.push([])
      length = 0
    }
    parts.at(-1)?.push(one)
    length += one.bytes.length
  }
  return parts
}

function cut(one: Chunk): readonly Chunk[] {
  if (one.whole === true || one.bytes.length <= ENTRY_BYTES) return [one]
  const { end, idle, ...rest } = one
  const pieces: Chunk[] = []
  for (let from = 0; from < one.bytes.length; from += ENTRY_BYTES) {
    const bytes = one.bytes.subarray(from, from + ENTRY_BYTES)
    const isLast = from + bytes.length === one.bytes.length
    pieces.push({
      ...rest,
      offset: one.offset + from,
      bytes,
      ...(isLast && end === true && { end }),
      ...(isLast && idle === true && { idle }),
    })
  }
  return pieces
}

function chunkHead(
  { bytes, kept: _kept, machine: _machine, end, at: arrived, ...one }: Chunk,
  at: number,
): object {
  return {
    ...one,
    stream: one.stream.slice(0, 1024),
    ...(one.path !== undefined && { path: one.path.slice(0, 4096) }),
    ...(end === true && { end }),
    at: arrived ?? at,
    length: bytes.length,
  }
}

function findingHead(finding: InputBatch['findings'][number]): object {
  const { about, message, id, since, until } = finding
  const whole = (at: number): number => Math.max(0, Math.floor(at))
  return {
    ...finding,
    id: id.slice(0, 256),
    about: about.slice(0, 256),
    message: message.slice(0, 4096),
    since: whole(since),
    until: whole(until),
  }
}

function unreadableHead({ stream, reason, count }: InputBatch['unreadable'][number]): object {
  return {
    stream: stream.slice(0, 4096),
    reason: reason.slice(0, 1024),
    ...(count !== undefined && { count }),
  }
}

function withoutUndefined(chunk: object): Chunk {
  return Object.fromEntries(
    Object.entries(chunk).filter(([, value]) => value !== undefined),
  ) as unknown as Chunk
}

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
