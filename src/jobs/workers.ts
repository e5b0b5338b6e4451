import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { UserError } from '../domain/errors.ts'
import type { Joined } from '../inventory/inventory.ts'
import type { SharedRules } from '../sigma/sigma.ts'
import type { Answer, Found, ReadBatch, ReadWork, Work, WorkerStart } from './messages.ts'

/** Beside this file, as source or as built. */
const WORKER = new URL(`worker${extname(import.meta.filename)}`, import.meta.url)

/** Threads that read batches. */
export interface Workers {
  readonly size: number
  /** Hands them the rules, once, before anything is read. */
  compile(rules: SharedRules): void
  /** Hands a batch to the worker that has least to do; the memory of `bytes` goes with it. */
  read(work: Omit<ReadWork, 'kind'>, bytes: ArrayBuffer): BatchAway
  stop(): Promise<void>
}

/** A batch that a worker holds. All of it rejects where a worker stopped. */
export interface BatchAway {
  readonly read: Promise<ReadBatch>
  again(from: { readonly state: unknown; readonly lead: Uint8Array }): Promise<ReadBatch>
  /** The last that is asked about it, as is `drop`. */
  match(events: readonly number[], joined: readonly Joined[]): Promise<readonly Found[]>
  drop(): void
}

export interface WorkersOptions extends WorkerStart {
  readonly size: number
  /** Of the heap of each, MB; Node's own unless told. */
  readonly heap?: number
}

/** Starts them: they load what they need while the rules are being read. */
export function startWorkers({ size, heap, ...start }: WorkersOptions): Workers {
  let failure: unknown
  let stopping = false
  const members = Array.from({ length: size }, () => {
    const thread = new Worker(WORKER, {
      workerData: start,
      ...(heap !== undefined && { resourceLimits: { maxOldGenerationSizeMb: heap } }),
    })
    const waiting = new Map<number, PromiseWithResolvers<Answer>>()
    thread.on('message', (answer: Answer) => {
      const asked = waiting.get(answer.number)
      waiting.delete(answer.number)
      asked?.resolve(answer)
    })
    return { thread, waiting, busy: 0 }
  })
  const fail = (why: string, cause?: unknown): void => {
    if (stopping || failure !== undefined) return
    failure = new UserError(`a thread that reads records stopped: ${why}`, {
      mend: 'try it with --jobs 1; what was found before it stopped is not told',
      cause,
    })
    for (const { waiting } of members) for (const { reject } of waiting.values()) reject(failure)
  }
  for (const { thread } of members) {
    thread.on('error', (cause) => fail(cause instanceof Error ? cause.message : String(cause), cause))
    thread.on('exit', (code) => fail(`exit code ${code}`))
  }

  return {
    size,
    compile(rules) {
      const message: Work = { kind: 'compile', rules }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      for (const { thread } of members) thread.postMessage(message)
    },
    read(work, bytes) {
      const member = members.reduce((least, other) => (other.busy < least.busy ? other : least))
      const { number } = work
      const post = (message: Work, transfer: readonly ArrayBuffer[] = []): void =>
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        member.thread.postMessage(message, transfer)
      const ask = async <A extends Answer['kind']>(
        message: Work,
        transfer?: readonly ArrayBuffer[],
      ): Promise<Extract<Answer, { kind: A }>> => {
        if (failure !== undefined) throw failure
        const asked = Promise.withResolvers<Answer>()
        member.waiting.set(number, asked)
        member.busy += 1
        post(message, transfer)
        const answer = await asked.promise
        member.busy -= 1
        return answer as Extract<Answer, { kind: A }>
      }
      const read = ask<'read'>({ kind: 'read', ...work }, [bytes]).then(({ batch }) => batch)
      return {
        read,
        again: async (from) => (await ask<'read'>({ kind: 'again', number, ...from })).batch,
        match: async (events, joined) =>
          (await ask<'matched'>({ kind: 'match', number, events, joined })).found,
        drop: () => post({ kind: 'drop', number }),
      }
    },
    async stop() {
      stopping = true
      await Promise.all(members.map(({ thread }) => thread.terminate()))
    },
  }
}
