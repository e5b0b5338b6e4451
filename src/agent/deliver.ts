import { zstdCompressSync } from 'node:zlib'
import { hostname } from 'node:os'
import type { SpoolPlace } from '../domain/chained.ts'
import { lostEntry } from '../inputs/agent-entry.ts'
import { framed } from '../inputs/agent-frames.ts'
import type { AgentHello, Beginning } from '../inputs/agent-hello.ts'
import type { Spool } from '../store/spool.ts'
import { VERSION } from '../version.ts'
import type { Answered, Daemon } from './post.ts'

export interface DeliverParts {
  readonly spool: Spool
  readonly daemon: Daemon
  readonly now: () => number
  /** How far the inputs have come. Asked before entries are taken, so that all of it is in the spool by then. */
  readonly inputs: () => AgentHello['inputs']
  /** Since when there is no room, ms. */
  readonly full: () => number | undefined
  /** Entries were acknowledged: there is room. */
  readonly acknowledged: () => void
  /** Resolves when something was kept, after so many ms, or when the signal aborts. */
  readonly more: (within: number, signal: AbortSignal) => Promise<void>
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly random: () => number
  /** One line for people. */
  readonly say: (line: string) => void
}

/** Bytes of entries, and entries, of one request. */
const REQUEST_BYTES = 1024 * 1024
const REQUEST_ENTRIES = 512
/** Where there is nothing to send, the daemon hears so often that the agent is there, ms. */
const HEARTBEAT = 2_000
/** What arrives together is sent together, ms. */
const GATHER = 30
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000
/** What the daemon may ask to wait, ms. */
const LONGEST_ASKED = 60_000
/** A token that is refused is tried again: it may be added, ms. */
const REFUSED_PAUSE = 10_000

/** What the daemon says it has of this agent. */
interface Held extends SpoolPlace {
  readonly spool: string
}

/**
 * Sends the spool's entries in their order, one request at a time, and lets go of them when the daemon has committed
 * them. A request that nobody answered is sent again as it was. Where the daemon and the spool do not go together,
 * the spool goes on under another name and says why. Ends when the signal aborts.
 */
export async function deliver(parts: DeliverParts, signal: AbortSignal): Promise<void> {
  const { spool, daemon, say } = parts
  const trouble = createTrouble(say)
  let begins: Beginning | undefined
  let pause = FIRST_PAUSE
  let heard = Number.NEGATIVE_INFINITY
  /** Of one request; fewer where a request is too large. */
  let most = REQUEST_BYTES
  while (!signal.aborted) {
    const inputs = parts.inputs()
    const { before, entries, last } = spool.next(most, REQUEST_ENTRIES)
    if (entries.length === 0 && parts.now() - heard < HEARTBEAT && begins === undefined) {
      await parts.more(HEARTBEAT - (parts.now() - heard), signal)
      await parts.wait(GATHER, signal)
      continue
    }
    const hello = helloOf(parts, { before, last, inputs, begins })
    const packed = zstdCompressSync(framed([{ head: JSON.stringify(hello), body: NOTHING }, ...entries]))
    const answered = await daemon.post(packed, 'zstd', signal)
    if (signal.aborted) return
    if (answered.kind === 'answered' && answered.status === 200) {
      trouble.over()
      heard = parts.now()
      pause = FIRST_PAUSE
      begins = undefined
      most = REQUEST_BYTES
      if (entries.length === 0) continue
      spool.acknowledge(before.number + entries.length)
      parts.acknowledged()
      continue
    }
    if (answered.kind === 'answered' && answered.status === 409) {
      const fitted = fit(spool, heldIn(answered.body))
      if (fitted !== 'goes on') {
        begins = fitted
        say(BEGINS[fitted])
      }
      await parts.wait(jittered(FIRST_PAUSE, parts.random), signal)
      continue
    }
    if (answered.kind === 'answered' && answered.status === 413) {
      if (entries.length > 1) {
        most = Math.max(1, Math.floor(most / 4))
        continue
      }
      const [refused] = entries
      if (refused !== undefined && refused.body.length > 0) {
        // it would be refused for ever, and with it all that comes after it
        spool.replaceOldest(lostEntry(refused))
        say(
          `the daemon does not take an entry of ${refused.body.length} bytes: its records are told as lost; raise limits of its input of type agents`,
        )
        continue
      }
    }
    trouble.says(wordsOf(answered))
    const asked = answered.kind === 'answered' ? answered.retryAfter : undefined
    await parts.wait(jittered(pauseAfter(answered, asked, pause), parts.random), signal)
    pause = Math.min(LONGEST_PAUSE, pause * 2)
  }
}

const NOTHING = new Uint8Array(0)

function helloOf(
  { spool, now, full }: DeliverParts,
  {
    before,
    last,
    inputs,
    begins,
  }: Pick<AgentHello, 'before' | 'last' | 'inputs'> & { readonly begins: Beginning | undefined },
): AgentHello {
  const { id, bytes, bound, oldest } = spool.state()
  const since = full()
  return {
    format: 1,
    version: VERSION,
    hostname: hostname().slice(0, 256),
    spool: id,
    ...(begins !== undefined && { begins }),
    before,
    last,
    now: now(),
    ...(oldest !== undefined && { oldest }),
    bytes,
    bound,
    ...(since !== undefined && { full: since }),
    inputs,
  }
}

/**
 * What is to be done where a request does not go on where the daemon stands. It may have more than this spool was
 * told of: then that is let go of. Anything else does not go together.
 */
function fit(spool: Spool, held: Held | undefined): Beginning | 'goes on' {
  const { id, acknowledged, last } = spool.state()
  const isUsed = acknowledged > 0
  if (held === undefined) return isUsed ? 'unknown' : 'new'
  if (held.spool !== id) {
    if (!isUsed) return 'new'
    spool.renew()
    return 'restored'
  }
  if (held.number >= acknowledged && spool.digest(held.number) === held.digest) {
    spool.acknowledge(held.number)
    return 'goes on'
  }
  spool.renew()
  if (held.number > last) return 'restored'
  return held.number < acknowledged ? 'unknown' : 'forked'
}

const BEGINS: Readonly<Record<Beginning, string>> = {
  new: 'the daemon knows another spool of this agent: this one begins anew',
  restored:
    'the daemon has more than this spool knows of, as if an older copy of this disk had been put back: it begins anew with what it holds',
  forked:
    'the daemon has something else than this spool holds, as if an older copy of this disk had been put back: it begins anew with what it holds',
  unknown: 'the daemon does not have all that it had said to have: the spool begins anew with what it holds',
}

function heldIn(body: unknown): Held | undefined {
  const { position } = (body ?? {}) as { readonly position?: Partial<Held> | null }
  if (position === undefined || position === null) return undefined
  const { spool, number, digest } = position
  return typeof spool === 'string' && typeof number === 'number' && typeof digest === 'string'
    ? { spool, number, digest }
    : undefined
}

/** Between half and one and a half of it: agents that were cut off together do not come back at once. */
function jittered(pause: number, random: () => number): number {
  return pause * (0.5 + random())
}

function pauseAfter(answered: Answered, asked: number | undefined, pause: number): number {
  if (answered.kind === 'answered' && (answered.status === 401 || answered.status === 400))
    return REFUSED_PAUSE
  return asked === undefined ? pause : Math.min(Math.max(asked, pause), LONGEST_ASKED)
}

function wordsOf(answered: Answered): string {
  if (answered.kind === 'unreachable') return `the daemon is not reached: ${answered.reason}`
  const { error, mend } = (answered.body ?? {}) as { readonly error?: unknown; readonly mend?: unknown }
  const said = [error, mend].filter((each) => typeof each === 'string').join('; ')
  return answered.status === 503 || answered.status === 429
    ? `the daemon asks to wait: ${said}`
    : `the daemon refuses (${answered.status}): ${said}`
}

/** Says what is wrong when it changes, and when it is over. */
function createTrouble(say: (line: string) => void): { says(line: string): void; over(): void } {
  let told: string | undefined
  return {
    says(line) {
      if (line !== told) say(`${line}; what is read meanwhile is kept here`)
      told = line
    },
    over() {
      if (told !== undefined) say('the daemon takes what is sent again')
      told = undefined
    },
  }
}
