import { podCreated } from './audit.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const MINUTE = 60_000
/** How long a history is. */
export const HISTORY_DAYS = 12

const LEARN = 'learn: 2d, min-samples: 20, min-days: 2'

/** A baseline of each type, a risk and a correlation of what they tell. */
export const HISTORY_RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
name: new_name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, ${LEARN}, alert: true}
---
title: rare name
name: rare_name
baseline: {type: rare_value, rules: [created], group-by: [user.username], field: objectRef.name, share: 0.002, ${LEARN}, alert: true}
---
title: weaker name
name: weaker_name
baseline: {type: change, rules: [created], group-by: [user.username], field: objectRef.name, order: [['strange-*'], ['web-*', nightly]], ${LEARN}}
---
title: many
name: many
baseline: {type: spike, rules: [created], group-by: [user.username], timespan: 10m, threshold: 4, floor: 5, ${LEARN}, alert: true}
---
title: few
name: few
baseline: {type: spike, rules: [created], group-by: [user.username], timespan: 6h, threshold: 3, direction: below, floor: 5, ${LEARN}, alert: true}
---
title: silent
name: silent
baseline: {type: absence, rules: [created], group-by: [user.username], timespan: 14h, learn: 2d, min-samples: 5, min-days: 2}
---
title: weak signals
name: weak_signals
baseline: {type: risk, rules: [new_name, rare_name, many], group-by: [user.username], timespan: 6h, threshold: 50}
---
title: two new names
correlation: {type: event_count, rules: [new_name], group-by: [user.username], timespan: 24h, condition: {gte: 2}, generate: true}
`

/** What the rules above tell of a history. */
export const HISTORY_TITLES: readonly string[] = [
  'few',
  'many',
  'new name',
  'rare name',
  'silent',
  'two new names',
  'weak signals',
  'weaker name',
]

/**
 * Audit records of twelve days, about in the order of time: few names, now and then another, now and then many at
 * once, something each six hours that stops; the last hours are quiet. `start` in ms.
 */
export function historyLines(start: number, records: number): readonly string[] {
  const random = seeded(11)
  const step = (HISTORY_DAYS * DAY) / records
  const lines = Array.from({ length: records }, (_, n) => {
    const isBurst = n % 1_000 > 980 && n < records - 200
    const isStrange = n > records / 4 && n % 100 === 0
    const name = isStrange ? `strange-${Math.floor(n / 200)}` : `web-${Math.floor(random() * 8)}`
    const time = (isBurst ? Math.floor(n / 1_000) * 1_000 + 981 : n) * step + (n % 7) * MINUTE
    const isQuiet = time > 9 * DAY && time < 10 * DAY
    const drawn = Math.floor(random() * (isQuiet ? 2 : 3))
    return { name, user: `user-${isBurst || isStrange ? 1 : drawn}`, time: Math.floor(start + time) }
  })
  const nightly = Array.from({ length: 4 * 9 }, (_, n) => ({
    name: 'nightly',
    user: 'backup',
    time: start + n * 6 * HOUR,
  }))
  return [...lines, ...nightly]
    .map((each, n) => ({ ...each, auditID: `audit-${String(n).padStart(6, '0')}` }))
    .sort((a, b) => a.time - b.time)
    .map(podCreated)
}

/** The same numbers between 0 and 1 from the same seed. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
