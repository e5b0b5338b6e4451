import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { Baseline } from '../sigma/sigma.ts'

const HOUR = 3_600_000

/** All of them are told once an hour. */
function finding(
  kind: Finding['kind'],
  baseline: Baseline,
  what: string,
  at: number,
  message: string,
): Finding {
  return {
    id: digest(kind, 'baselines', what, baseline.hash, String(Math.floor(at / HOUR))),
    kind,
    about: baseline.rule.title.slice(0, 128),
    since: at,
    until: at,
    message,
  }
}

/** What a key learned moved too far: somebody may have taught it. */
export function driftFinding(baseline: Baseline, key: string, now: number): Finding {
  const words = `what is usual moved further than it may since it was learned; the first key was ${key.slice(0, 256)}`
  return finding('baseline-drift', baseline, 'drift', now, words)
}

export function inexactBaseline(baseline: Baseline, key: string, now: number): Finding {
  const words = `a key of the baseline has more than is kept one by one, and what was seen longest ago is only known to have been there; the first was ${key.slice(0, 256)}`
  return finding('bound-reached', baseline, 'inexact', now, words)
}

export function crowdedBaseline(baseline: Baseline, most: number, now: number): Finding {
  const words = `the baseline knows more than ${most} keys: those that were not seen for longest were forgotten`
  return finding('bound-reached', baseline, 'keys', now, words)
}

/** What is told where baselines changed or are gone, and what they learned with them. */
export function forgottenWords(
  gone: ReadonlyMap<string, number>,
  before: readonly Baseline[],
  now: readonly Baseline[],
): readonly string[] {
  return [...gone].map(([hash, count]) => {
    const old = before.find((baseline) => baseline.hash === hash)
    const keys = count === 1 ? 'one key' : `${count} keys`
    if (old === undefined) return `a baseline changed or is gone: what it learned of ${keys} is dropped`
    return now.some(({ rule }) => rule.id === old.rule.id)
      ? `the baseline "${old.rule.title}" changed and learns anew: what it learned of ${keys} is dropped`
      : `the baseline "${old.rule.title}" is gone, and what it learned of ${keys}`
  })
}
