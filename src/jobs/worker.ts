import { parentPort, workerData } from 'node:worker_threads'
import { compileShared } from '../sigma/sigma.ts'
import { sourcesWith } from '../sources/index.ts'
import { createBatchReader, type BatchReader } from './batch-reader.ts'
import type { Answer, WorkerStart, Work } from './messages.ts'

const { mapping } = workerData as WorkerStart
const sources = sourcesWith(mapping)
let reader: BatchReader | undefined

const answer = (message: Answer): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread, not a window
  parentPort?.postMessage(message)
}

const doWork = (work: Exclude<Work, { readonly kind: 'compile' }>, by: BatchReader): void => {
  const { number } = work
  switch (work.kind) {
    case 'read':
      return answer({ kind: 'read', number, batch: by.read(work) })
    case 'again':
      return answer({ kind: 'read', number, batch: by.again(number, work) })
    case 'match':
      return answer({ kind: 'matched', number, found: by.match(number, work.events, work.joined) })
    case 'drop':
      return by.drop(number)
  }
}

parentPort?.on('message', (work: Work) => {
  if (work.kind === 'compile') reader = createBatchReader({ ruleset: compileShared(work.rules), sources })
  else if (reader === undefined) throw new Error('there are no rules yet')
  else doWork(work, reader)
})
