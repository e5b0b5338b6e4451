import { parentPort, workerData } from 'node:worker_threads'
import { compileRules } from '../sigma/sigma.ts'
import { sourcesWith } from '../sources/index.ts'
import { createBatchReader } from './batch-reader.ts'
import type { Answer, WorkerStart, Work } from './messages.ts'

const { texts, lists, mapping } = workerData as WorkerStart
const { ruleset } = compileRules(texts, { lists })
const reader = createBatchReader({ ruleset, sources: sourcesWith(mapping) })

const answer = (message: Answer): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread, not a window
  parentPort?.postMessage(message)
}

parentPort?.on('message', (work: Work) => {
  const { number } = work
  switch (work.kind) {
    case 'read':
      return answer({ kind: 'read', number, batch: reader.read(work) })
    case 'again':
      return answer({ kind: 'read', number, batch: reader.again(number, work) })
    case 'match':
      return answer({ kind: 'matched', number, found: reader.match(number, work.events, work.joined) })
    case 'drop':
      return reader.drop(number)
  }
})
