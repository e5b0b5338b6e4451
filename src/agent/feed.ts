import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import { entriesOf, type EntryInput } from '../inputs/agent-entry.ts'
import type { Input, InputBatch } from '../inputs/input.ts'
import type { Kept, Spool } from '../store/spool.ts'

export interface FeedParts {
  readonly spool: Spool
  readonly now: () => number
  /** Something was kept. */
  readonly kept: () => void
  /** The input is held back, or no longer. */
  readonly holding: (input: string, isHeld: boolean) => void
  /** Resolves when there may be room again, or the signal aborts. */
  readonly room: (signal: AbortSignal) => Promise<void>
  /** Looks after an input that threw; see `PipelineParts.tend`. */
  readonly tend: (input: string, cause: unknown, signal: AbortSignal) => AsyncIterable<Finding>
}

/** An input, what it is called in entries, and whether it is rather read again than held back while there is no room. */
export interface Fed {
  readonly about: EntryInput
  readonly input: Input
  readonly isReadAgain: boolean
}

/**
 * Reads one input into the spool until it ends or the signal aborts. Where there is no room it is held back: that is
 * all that files need, and what listens loses and counts by itself. A container engine drops events of whoever does
 * not listen, so that it is let go and asked again afterwards what was missed.
 */
export async function feed(
  { about, input, isReadAgain }: Fed,
  parts: FeedParts,
  signal: AbortSignal,
): Promise<void> {
  const { spool, now, kept, holding, room, tend } = parts
  let since = now()
  /** Since when it is held back. */
  let held: number | undefined
  const append = (batch: InputBatch): 'kept' | 'full' => {
    const at = now()
    const told =
      held === undefined
        ? batch
        : { ...batch, findings: [...batch.findings, heldFinding(about.name, held, at)] }
    const entries = isEmpty(told) ? [] : entriesOf(about, told, { at, since })
    const outcome = spool.append({ ...keptOf(about.name, batch), entries, at })
    if (outcome === 'kept') {
      since = at
      if (held !== undefined) holding(about.name, false)
      held = undefined
      if (entries.length > 0) kept()
    } else {
      if (held === undefined) holding(about.name, true)
      held ??= at
    }
    return outcome
  }
  /** False where there was no room until the end. */
  const put = async (batch: InputBatch): Promise<boolean> => {
    while (append(batch) === 'full') {
      if (signal.aborted) return false
      await room(signal)
    }
    return true
  }

  while (!signal.aborted) {
    let isLetGo = false
    try {
      for await (const batch of input.read(resumeOf(spool, about.name), signal)) {
        if (isReadAgain && append(batch) === 'full') {
          isLetGo = true
          break
        }
        if (!isReadAgain && !(await put(batch))) return
        batch.committed?.()
      }
      if (!isLetGo) return
      await room(signal)
    } catch (cause) {
      for await (const finding of tend(about.name, cause, signal))
        await put({ chunks: [], findings: [finding], unreadable: [] })
    }
  }
}

/** A batch that only says that somebody looked. */
function isEmpty({ chunks, findings, unreadable }: InputBatch): boolean {
  return chunks.length + findings.length + unreadable.length === 0
}

function keptOf(input: string, { chunks, checkpoint }: InputBatch): Omit<Kept, 'entries' | 'at'> {
  const delivered = chunks.filter(({ repeated }) => repeated !== true)
  return {
    input,
    checkpoint,
    // of a body, where it ends is its length
    offsets: new Map(delivered.map(({ stream, offset, bytes }) => [stream, offset + bytes.length])),
  }
}

function resumeOf(spool: Spool, input: string): Parameters<Input['read']>[0] {
  const { checkpoint } = spool.resume(input)
  return { checkpoint, offset: (stream) => spool.resume(input).offset(stream) }
}

function heldFinding(about: string, since: number, until: number): Finding {
  return {
    id: digest('held-back', about, String(since)),
    kind: 'bound-reached',
    about,
    since,
    until,
    message:
      'there was no room on the agent’s disk and the input was held back: what could wait is read on; what could not is told and counted as lost',
  }
}
