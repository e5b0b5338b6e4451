import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../domain/errors.ts'
import type { Input, InputBatch } from './input.ts'

/** One line that somebody recorded: its stream, and when it is played, ms since the beginning at the recording's pace. */
export interface RecordedLine {
  readonly stream: string
  readonly path: string
  readonly at: number
  readonly bytes: Buffer
}

/** `index.json` of a folder of recordings. */
interface RecordingIndex {
  /** Until then nothing happens that is told of, ms since the recording began. */
  readonly opening: number
  readonly streams: readonly {
    /** Lines as the producer wrote them. */
    readonly file: string
    /** The stream's name, as the input that recorded it gave it. */
    readonly stream: string
    /** When each line arrived, ms since the recording began. */
    readonly at: readonly number[]
  }[]
}

/** How much of the playing the opening takes: whoever watches waits for the first alert. */
const OPENING_SHARE = 0.02

/** Records that arrive within so much of each other are handed on together, ms of playing. */
const STEP = 100

/**
 * The lines of a folder of recordings, in the order in which they arrived. Throws a UserError where its index and
 * its files do not fit.
 */
export function readRecordings(folder: string): readonly RecordedLine[] {
  const { streams, opening } = JSON.parse(readRecorded(folder, 'index.json')) as RecordingIndex
  const lines = streams.flatMap(({ file, stream, at }) => {
    const texts = readRecorded(folder, file).split('\n').slice(0, -1)
    if (texts.length !== at.length)
      throw damaged(folder, `${file} has ${texts.length} lines, not ${at.length}`)
    return texts.map((text, n): RecordedLine => {
      const path = join(folder, file)
      return { stream, path, at: at[n] ?? 0, bytes: Buffer.from(`${text}\n`) }
    })
  })
  return withShortOpening(
    lines.toSorted((a, b) => a.at - b.at),
    opening,
  )
}

/** The opening's lines come in a small part of the time, what follows at its own pace. Times within the records stay. */
function withShortOpening(lines: readonly RecordedLine[], opening: number): readonly RecordedLine[] {
  const length = lines.at(-1)?.at ?? 0
  const short = Math.min(opening, (length - opening) * OPENING_SHARE)
  return lines.map((line) => ({
    ...line,
    at: line.at < opening ? (line.at / opening) * short : line.at - opening + short,
  }))
}

function readRecorded(folder: string, file: string): string {
  try {
    return readFileSync(join(folder, file), 'utf8')
  } catch (cause) {
    throw damaged(folder, (cause as Error).message, cause)
  }
}

function damaged(folder: string, why: string, cause?: unknown): UserError {
  return new UserError(`the recordings cannot be played: ${why}`, {
    file: folder,
    mend: 'install Tallyman again',
    cause,
  })
}

/** What was recorded, played within `duration` ms as it came, always from its beginning; it ends. */
export function replayInput({
  name,
  lines,
  duration,
}: {
  readonly name: string
  readonly lines: readonly RecordedLine[]
  readonly duration: number
}): Input {
  return {
    name,
    async *read(_resume, signal) {
      const length = Math.max(1, lines.at(-1)?.at ?? 0)
      const offsets = new Map<string, number>()
      const began = performance.now()
      for (let from = 0; from < lines.length;) {
        const due = duration === 0 ? 0 : dueOf(lines[from]?.at ?? 0, length, duration)
        const wait = began + due - performance.now()
        if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {})
        if (signal.aborted) return
        const reach = duration === 0 ? Number.POSITIVE_INFINITY : due + STEP
        let to = from + 1
        while (to < lines.length && dueOf(lines[to]?.at ?? 0, length, duration) <= reach) to += 1
        yield batchOf(lines.slice(from, to), offsets)
        from = to
      }
    },
  }
}

function dueOf(at: number, length: number, duration: number): number {
  return (at / length) * duration
}

/** Chunks in the order of the lines; those of one stream that follow each other are one. */
function batchOf(lines: readonly RecordedLine[], offsets: Map<string, number>): InputBatch {
  const runs: { stream: string; path: string; pieces: Buffer[] }[] = []
  for (const { stream, path, bytes } of lines) {
    const last = runs.at(-1)
    if (last?.stream === stream) last.pieces.push(bytes)
    else runs.push({ stream, path, pieces: [bytes] })
  }
  const chunks = runs.map(({ stream, path, pieces }) => {
    const bytes = Buffer.concat(pieces)
    const offset = offsets.get(stream) ?? 0
    offsets.set(stream, offset + bytes.length)
    return { stream, path, offset, bytes }
  })
  return { chunks, findings: [], unreadable: [] }
}
