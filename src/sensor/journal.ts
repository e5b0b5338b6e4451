import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../domain/make-folder.ts'

/** The sensor's files: written to the end only, one after the other, the oldest removed over a bound. */
export interface Journal {
  /** Writes lines, each numbered; all of them or none. Lines that could not be written are counted as lost. */
  write(lines: readonly JournalLine[]): void
  /** What is written is on the disk when it returns. */
  sync(): void
  close(): void
  /** Lines written in this run. */
  readonly written: number
  /** What was lost since the last call: lines that did not fit on the disk, files removed to keep the bound. */
  losses(): readonly Loss[]
}

export interface JournalLine {
  readonly time: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Loss {
  readonly since: string
  readonly reason: string
  readonly lost?: number
}

export interface JournalOptions {
  readonly folder: string
  readonly run: string
  readonly host: string
  /** A file is closed when it is larger, bytes, or older, ms. */
  readonly fileBytes: number
  readonly fileAge: number
  /** All files together, bytes. */
  readonly totalBytes: number
  readonly now: () => number
  /** Members of the first line of every further file. */
  readonly header: () => Readonly<Record<string, unknown>>
}

const NAME = /^sensor-\d{8}T\d{6}\.\d{3}Z(?:_\d+)?\.ndjson$/

export function createJournal(options: JournalOptions): Journal {
  const { folder, run, host, now } = options
  makeFolder(folder)
  let file: { readonly descriptor: number; readonly opened: number; size: number } | undefined
  let [seq, lostLines] = [0, 0]
  let lostSince: string | undefined
  let pending: Loss[] = []

  const textOf = ({ time, body }: JournalLine): string =>
    `${JSON.stringify({ sensor: 1, run, seq: seq++, time, host, ...body })}\n`

  const append = (lines: readonly JournalLine[]): void => {
    if (file === undefined) return
    const bytes = Buffer.from(lines.map(textOf).join(''))
    try {
      let at = 0
      while (at < bytes.length) at += writeSync(file.descriptor, bytes, at)
      file.size += bytes.length
    } catch {
      // half a line would be read as a broken one
      ftruncateSync(file.descriptor, file.size)
      lostLines += lines.length
      lostSince ??= lines[0]?.time
    }
  }
  const open = (): void => {
    const opened = now()
    const stamp = new Date(opened).toISOString().replace(/[-:]/g, '')
    const descriptor = openFresh(folder, `sensor-${stamp}`)
    const isFirst = file === undefined
    if (file !== undefined) closeSync(file.descriptor)
    file = { descriptor, opened, size: 0 }
    if (!isFirst)
      append([{ time: new Date(opened).toISOString(), body: { kind: 'file', ...options.header() } }])
    pending.push(...removeOldest(folder, options.totalBytes))
  }
  open()

  return {
    write(lines) {
      if (lines.length === 0) return
      if (file !== undefined && (file.size > options.fileBytes || now() - file.opened > options.fileAge)) {
        this.sync()
        open()
      }
      append(lines)
    },
    sync() {
      if (file !== undefined) fdatasyncSync(file.descriptor)
    },
    close() {
      if (file === undefined) return
      this.sync()
      closeSync(file.descriptor)
      file = undefined
    },
    get written() {
      return seq
    },
    losses() {
      const losses = pending
      pending = []
      if (lostLines > 0 && lostSince !== undefined)
        losses.push({
          since: lostSince,
          lost: lostLines,
          reason: 'lines could not be written: the disk is full or failed',
        })
      lostLines = 0
      lostSince = undefined
      return losses
    },
  }
}

function openFresh(folder: string, name: string): number {
  for (let number = 1; ; number += 1) {
    try {
      return openSync(join(folder, `${name}${number === 1 ? '' : `_${number}`}.ndjson`), 'ax', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number > 100) throw error
    }
  }
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .toSorted()
    .map((name) => join(folder, name))
}

/** Removes the oldest files but the newest one until all fit; each is a loss, if nobody has read it. */
function removeOldest(folder: string, totalBytes: number): readonly Loss[] {
  const files = filesOf(folder).map((path) => ({ path, size: statSync(path).size }))
  const losses: Loss[] = []
  let total = files.reduce((sum, { size }) => sum + size, 0)
  for (const { path, size } of files.slice(0, -1)) {
    if (total <= totalBytes) break
    const { first } = edgesOf(path)
    unlinkSync(path)
    total -= size
    losses.push({
      since: timeIn(first) ?? new Date(0).toISOString(),
      reason: 'the oldest file was removed to keep the bound of the disk: what was not read of it is lost',
    })
  }
  return losses
}

/** The last line that a run wrote, as it says itself. */
export interface PreviousRun {
  readonly run: unknown
  readonly seq: unknown
  readonly time: string
  /** It says that it was stopped. */
  readonly stopped: boolean
}

/** When the last run wrote its last line, and whether that says that it was stopped; undefined for the first run. */
export function previousRun(folder: string): PreviousRun | undefined {
  for (const path of safeFiles(folder).toReversed()) {
    const { last } = edgesOf(path)
    const time = timeIn(last)
    const stopped = last?.['kind'] === 'stop' && last['reason'] === ASKED
    if (time !== undefined) return { run: last?.['run'], seq: last?.['seq'], time, stopped }
  }
  return undefined
}

/** The reason of a stop that was wanted. */
export const ASKED = 'asked to'

function safeFiles(folder: string): readonly string[] {
  try {
    return filesOf(folder)
  } catch {
    return []
  }
}

type Json = Readonly<Record<string, unknown>>
const EDGE = 1024 * 1024

/** The first and the last whole line of a file. */
function edgesOf(path: string): { readonly first: Json | undefined; readonly last: Json | undefined } {
  const descriptor = openSync(path, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const part = (from: number): string[] => {
      const bytes = Buffer.alloc(Math.min(EDGE, size - from))
      return bytes
        .toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, from))
        .split('\n')
        .slice(0, -1)
    }
    return { first: jsonOf(part(0)[0]), last: jsonOf(part(Math.max(0, size - EDGE)).at(-1)) }
  } finally {
    closeSync(descriptor)
  }
}

function jsonOf(line: string | undefined): Json | undefined {
  try {
    const value: unknown = JSON.parse(line ?? '')
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

function timeIn(line: Json | undefined): string | undefined {
  const time = line?.['time']
  return typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? time : undefined
}
