import type { Finding } from '../src/domain/event.ts'
import type { Input, InputBatch, Resume } from '../src/inputs/input.ts'

/** What an input delivered, as a store would keep it: committed with each batch, so that a new run goes on there. */
export interface Delivered {
  readonly resume: Resume
  readonly batches: InputBatch[]
  readonly findings: Finding[]
  readonly unreadable: { readonly stream: string; readonly reason: string }[]
  readonly ended: Set<string>
  /** Stream → its bytes. Throws where a chunk does not follow the one before. */
  readonly streams: Map<string, Buffer>
  commit(batch: InputBatch): void
}

export function createDelivered(): Delivered {
  const streams = new Map<string, Buffer>()
  let checkpoint: unknown
  const kept: Omit<Delivered, 'resume' | 'streams' | 'commit'> = {
    batches: [],
    findings: [],
    unreadable: [],
    ended: new Set(),
  }
  return {
    ...kept,
    streams,
    resume: {
      get checkpoint() {
        return checkpoint
      },
      offset: (stream) => streams.get(stream)?.length,
    },
    commit(batch) {
      kept.batches.push(batch)
      for (const { stream, offset, bytes, end } of batch.chunks) {
        const before = streams.get(stream) ?? Buffer.alloc(0)
        if (offset !== before.length)
          throw new Error(`${stream}: chunk at ${offset}, but ${before.length} bytes were delivered`)
        streams.set(stream, Buffer.concat([before, bytes]))
        if (end === true) kept.ended.add(stream)
      }
      kept.findings.push(...batch.findings)
      kept.unreadable.push(...batch.unreadable)
      // through JSON, as the store does it
      if (batch.checkpoint !== undefined) checkpoint = JSON.parse(JSON.stringify(batch.checkpoint))
    },
  }
}

/** Runs an input until it ends or `until` holds. A copy of what is committed is handed out: a run sees its start only. */
export async function deliver(
  input: Input,
  delivered: Delivered,
  until: () => boolean = () => false,
  timeout = 20_000,
): Promise<void> {
  const stop = new AbortController()
  const offsets = new Map([...delivered.streams].map(([stream, bytes]) => [stream, bytes.length]))
  const resume: Resume = { checkpoint: delivered.resume.checkpoint, offset: (stream) => offsets.get(stream) }
  let timedOut = false
  const watch = setInterval(() => {
    if (until()) stop.abort()
  }, 5)
  const deadline = setTimeout(() => {
    timedOut = true
    stop.abort()
  }, timeout)
  try {
    for await (const batch of input.read(resume, stop.signal)) {
      delivered.commit(batch)
      if (until()) stop.abort()
      if (stop.signal.aborted) break
    }
  } finally {
    clearInterval(watch)
    clearTimeout(deadline)
  }
  if (timedOut) throw new Error(`not delivered within ${timeout} ms`)
}
