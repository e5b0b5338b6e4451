import type { Store } from '../../src/store/store.ts'
import type { Planted } from './planted/planted.ts'
import { HOUR } from './calendar.ts'
import { isOf } from './score.ts'

/** Three times a day. */
const EVERY = 8 * HOUR

/**
 * Somebody who looks at what is open, and knows what was planted: closes it as true or as benign. `look` is asked with
 * the time that has come, ms since the epoch.
 */
export function createTriage(store: Store, planted: readonly Planted[]): { look(now: number): void } {
  let last = 0
  return {
    look(now) {
      if (now - last < EVERY) return
      last = now
      for (;;) {
        const { items } = store.incidents({ status: 'open', limit: 500 })
        for (const incident of items) {
          const verdict = planted.some((one) => isOf(incident, one)) ? 'true-positive' : 'benign'
          store.closeIncident(incident.id, verdict, '', 'triage', now)
        }
        if (items.length === 0) return
      }
    },
  }
}
