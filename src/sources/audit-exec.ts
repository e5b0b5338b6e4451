import { textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'

/** Sessions remembered at once; the oldest is forgotten. */
const MAX_SESSIONS = 256

/**
 * An exec is told of when it begins (ResponseStarted) and when it ends (ResponseComplete), and an audit policy
 * may leave one of them out. Whichever comes first counts; the end of a session whose beginning was seen does
 * not count again.
 */
export function createExecSessions(checkpoint: unknown): {
  readonly isFirst: (event: JsonObject) => boolean
  readonly checkpoint: () => unknown
} {
  const begun = new Set(textsOf(checkpoint))
  return {
    isFirst(event) {
      const { stage } = event
      const id = textOf(event['auditID'])
      if (stage === 'ResponseStarted') {
        if (id !== undefined && id.length <= 256) begun.add(id)
        const [oldest] = begun
        if (begun.size > MAX_SESSIONS && oldest !== undefined) begun.delete(oldest)
        return true
      }
      if (stage !== undefined && stage !== 'ResponseComplete') return false
      return id === undefined || !begun.delete(id)
    },
    checkpoint: () => (begun.size === 0 ? undefined : [...begun]),
  }
}
