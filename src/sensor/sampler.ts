import type { FileHandle } from 'node:fs/promises'
import { contentOf } from './content.ts'
import type { Line } from './observer.ts'
import { openWithin } from './open-within.ts'
import type { Body } from './record.ts'

/** A file that was written and closed, maybe not for good, to be looked into. */
export interface Written {
  /** When it was closed, ISO 8601. */
  readonly time: string
  /** The record of its opening. */
  readonly body: Body & { readonly path: string; readonly container: string }
  /** Processes that see it at that path, the one that wrote it first. */
  readonly pids: readonly number[]
  readonly inode: bigint
  /** Names the file while it is open. */
  readonly key: string
  /** Who opened it has ended: a look that finds it as it was is not told again. */
  readonly isLast?: true
}

interface Found {
  /** Undefined where it is as it was when it was told. */
  readonly line: Line | undefined
  /** Changes with the content. */
  readonly state: string
}

interface Waiting {
  readonly file: Written
  /** Under the name that it got since. */
  readonly again?: true
}

export interface Sampler {
  take(files: readonly Written[]): void
  /** What was found since the last call, and how many files were not looked into, by the reason. */
  told(): { readonly lines: readonly Line[]; readonly missed: Readonly<Record<string, number>> }
}

export interface SamplerOptions {
  /** ms, of any clock that only goes forward. */
  readonly now: () => number
  /** Where a file went by now that a container had at a path. */
  readonly moved: (container: string, path: string) => string | undefined
  readonly open?: (pid: number, path: string) => Promise<FileHandle>
}

/** Bytes that are read of a file. */
export const SAMPLED = 1024 * 1024
/** Files a second, and at once. */
const RATE = 20
const BURST = 40
const WAITING = 200
const AT_ONCE = 2
const REMEMBERED = 16_384
/** A file that is not there under its name may have got another, which is heard of so much later, ms. */
const RENAMED_WITHIN = 250
/** A file system that answers no more holds a look up for so long, ms; then one of two places is lost for good. */
const PATIENCE = 5_000

const TOO_MANY = 'more files were written than are looked into'
const GONE = 'they were gone, or others, by then'
const STUCK = 'their file system did not answer'

/** Looks into written files: bounded in rate, in bytes and in how many at once; what it leaves out is counted. */
export function createSampler({ now, moved, open = openWithin }: SamplerOptions): Sampler {
  let waiting: Waiting[] = []
  let lines: Line[] = []
  const seen = new Map<string, string>()
  let missed: Record<string, number> = {}
  let [tokens, filled, busy] = [BURST, now(), 0]
  const miss = (reason: string, count = 1): void => {
    missed[reason] = (missed[reason] ?? 0) + count
  }
  /** Not what is empty while it is open still. */
  const tell = ({ line, state }: Found, { key, isLast }: Written): void => {
    // its closing and the end of who had it open are looked at side by side
    const isKnown = seen.get(key) === state
    seen.delete(key)
    seen.set(key, state)
    if (seen.size > REMEMBERED)
      for (const oldest of seen.keys()) {
        seen.delete(oldest)
        break
      }
    if (line !== undefined && !isKnown && (isLast === true || line.body['size'] !== 0)) lines.push(line)
  }
  const look = async ({ file, again }: Waiting): Promise<void> => {
    const found = await lookInto(file, seen.get(file.key), open).catch(() => undefined)
    if (found !== undefined) tell(found, file)
    else if (file.isLast === true && seen.has(file.key)) seen.delete(file.key)
    else if (again === true) miss(GONE)
    else setTimeout(() => lookUnderItsNewName(file), RENAMED_WITHIN).unref()
  }
  const lookUnderItsNewName = (file: Written): void => {
    const path = moved(file.body.container, file.body.path)
    if (path === undefined) miss(GONE)
    else waiting.push({ file: { ...file, body: { ...file.body, path } }, again: true })
  }
  const next = (): void => {
    const at = now()
    tokens = Math.min(BURST, tokens + ((at - filled) / 1_000) * RATE)
    filled = at
    while (busy < AT_ONCE && tokens >= 1 && waiting.length > 0) {
      const one = waiting.shift()
      if (one === undefined) return
      tokens -= 1
      busy += 1
      const late = setTimeout(() => miss(STUCK), PATIENCE).unref()
      void look(one).finally(() => {
        clearTimeout(late)
        // what did not answer keeps its place until it does
        busy -= 1
      })
    }
  }
  return {
    take(files) {
      waiting.push(...files.map((file) => ({ file })))
      if (waiting.length > WAITING) {
        miss(TOO_MANY, waiting.length - WAITING)
        waiting = waiting.slice(0, WAITING)
      }
      next()
    },
    told() {
      next()
      const result = { lines, missed }
      lines = []
      missed = {}
      return result
    },
  }
}

async function lookInto(
  { time, body, pids, inode }: Written,
  known: string | undefined,
  open: NonNullable<SamplerOptions['open']>,
): Promise<Found | undefined> {
  const { kind: _kind, result: _result, flags: _flags, ...who } = body
  for (const pid of pids) {
    const handle = await open(pid, body.path).catch(() => undefined)
    if (handle === undefined) continue
    try {
      const about = await handle.stat({ bigint: true })
      if (about.ino !== inode) return undefined
      const state = `${about.size} ${about.mtimeNs}`
      if (state === known) return { line: undefined, state }
      const bytes = await beginning(handle)
      const size = Number(about.size)
      const content = contentOf(bytes, bytes.length >= size)
      const line = {
        time,
        body: { ...who, kind: 'close', syscall: 'close', size, sampled: bytes.length, ...content },
      }
      return { line, state }
    } finally {
      await handle.close()
    }
  }
  return undefined
}

async function beginning(handle: FileHandle): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(SAMPLED)
  let length = 0
  while (length < SAMPLED) {
    const { bytesRead } = await handle.read(bytes, length, SAMPLED - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}
