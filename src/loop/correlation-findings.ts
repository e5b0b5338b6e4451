import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { SignalRow } from '../domain/state.ts'
import type { Correlation } from '../sigma/sigma.ts'

/** All of them are told once an hour. */
function boundFinding(about: string, bound: string, at: number, message: string): Finding {
  const hour = String(Math.floor(at / 3_600_000))
  return {
    id: digest('bound-reached', 'correlations', bound, about, hour),
    kind: 'bound-reached',
    about,
    since: at,
    until: at,
    message,
  }
}

/** Matches came after the correlations had seen what is newer. */
export function lateFinding(input: string, late: readonly SignalRow[], now: number): Finding {
  const times = late.map(({ time }) => time)
  const oldest = new Date(Math.min(...times)).toISOString()
  return boundFinding(
    input,
    'late',
    now,
    `matches came later than correlations wait, so that these looked at each alone; the oldest was of ${oldest}`,
  )
}

/** More signals wait than may: some are looked at before all inputs have come so far. */
export function crowdedFinding(now: number): Finding {
  return boundFinding(
    'correlations',
    'waiting',
    now,
    'more matches wait for correlations than may: some were looked at before every input had come so far, and what is older may be late',
  )
}

/** Correlations had come to a time that the clock has not reached: it was set back, or had run ahead. */
export function astrayFinding(reached: number, now: number): Finding {
  const then = new Date(reached).toISOString()
  return boundFinding(
    'correlations',
    'clock',
    now,
    `correlations had come to ${then}, which is ahead of the clock: they go on from now, and what came in between was looked at alone`,
  )
}

/** `by` in ms. */
export function leapFinding(by: number, now: number): Finding {
  const hours = Math.round(by / 3_600_000)
  return boundFinding(
    'clock',
    'leap',
    now,
    `the clock went forward by ${hours} hours at once: correlations and baselines stay where they are for an hour, unless it is set right before`,
  )
}

export function groupsFinding({ rule: { title } }: Correlation, most: number, now: number): Finding {
  return boundFinding(
    title.slice(0, 128),
    'groups',
    now,
    `the correlation remembers more than ${most} groups: those of which least was left were forgotten`,
  )
}

export function inexactFinding({ rule: { title } }: Correlation, now: number): Finding {
  return boundFinding(
    title.slice(0, 128),
    'inexact',
    now,
    'a group of the correlation has more in one window than is kept one by one: its numbers are approximate',
  )
}

/** What is told where correlations changed or are gone, and what they remembered with them. */
export function goneWords(
  gone: ReadonlyMap<string, number>,
  before: readonly Correlation[],
  now: readonly Correlation[],
): readonly string[] {
  return [...gone].map(([hash, windows]) => {
    const old = before.find((correlation) => correlation.hash === hash)
    const isThere = old !== undefined && now.some(({ rule }) => rule.id === old.rule.id)
    const groups = windows === 1 ? 'one group' : `${windows} groups`
    if (old === undefined)
      return `a correlation changed or is gone: what it remembered of ${groups} is dropped`
    return isThere
      ? `the correlation "${old.rule.title}" changed and starts anew: what it remembered of ${groups} is dropped`
      : `the correlation "${old.rule.title}" is gone, and what it remembered of ${groups}`
  })
}
