import { intervalKey, type CoverageInterval } from '../domain/coverage.ts'
import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { Assessment } from './assumptions.ts'
import { worstOf } from './assumptions.ts'

/** Intervals that changed, and what is told of them. */
export interface CoverageStep {
  readonly changed: readonly CoverageInterval[]
  readonly findings: readonly Finding[]
}

/** A finding that lasts is told again when it has grown by so much, ms. */
const GROWTH = 60_000

/**
 * Opens an interval where an assumption fails, closes it where it holds again or is no longer made; what cannot be
 * measured now stays as it was. What fails for one cause is one finding, whatever rests on it; what was never there is
 * none: it is no news. Pure: `open` are the intervals without an end, `told` says when each finding was last told, ms.
 */
export function foldIntervals(
  open: readonly CoverageInterval[],
  assessments: readonly Assessment[],
  now: number,
  told: ReadonlyMap<string, number> = new Map(),
): CoverageStep {
  const before = new Map(open.map((interval) => [interval.key, interval]))
  const judged = new Map(assessments.map((one) => [keyOf(one), one]))
  const closed = open.flatMap((interval) => {
    const status = judged.get(interval.key)?.status
    if (status === 'fails' || status === 'unmeasured') return []
    return [{ ...interval, until: Math.max(now, interval.since) }]
  })
  const opened = [...judged].flatMap(([key, one]) =>
    one.status === 'fails' && !before.has(key) ? [intervalOf(key, one)] : [],
  )
  const ended = new Set(closed.map(({ key }) => key))
  const lasting = [...open.filter(({ key }) => !ended.has(key)), ...opened]
  return { changed: [...closed, ...opened], findings: [...findingsOf(lasting, closed, now, told)] }
}

function keyOf({ strategy, assumption, place }: Assessment): string {
  return intervalKey({ strategy, assumption: assumption.id, place })
}

function intervalOf(
  key: string,
  { strategy, assumption, place, cause, why, since }: Assessment,
): CoverageInterval {
  return { key, strategy, assumption: assumption.id, place, state: assumption.on_fail, cause, why, since }
}

function* findingsOf(
  lasting: readonly CoverageInterval[],
  closed: readonly CoverageInterval[],
  now: number,
  told: ReadonlyMap<string, number>,
): Iterable<Finding> {
  const causes = Map.groupBy([...lasting, ...closed].filter(isNews), ({ cause }) => cause)
  for (const [cause, intervals] of causes) {
    // the first to open began it; others join
    const since = Math.min(...intervals.map((one) => one.since))
    const [first] = intervals.filter((one) => one.since === since)
    if (first === undefined) continue
    const finding: Finding = {
      id: digest('coverage', cause, String(since)),
      kind: 'coverage-lost',
      about: cause.split(' ')[1] ?? '',
      since,
      until: Math.max(now, since),
      message: `${first.why}: ${effectWords(intervals)}`,
      ...(first.place !== '' && { resource: { 'host.name': first.place } }),
    }
    if (intervals.every(({ until }) => until !== undefined)) yield { ...finding, closed: true }
    else if (now - (told.get(finding.id) ?? -Infinity) >= GROWTH) yield finding
  }
}

function isNews({ cause }: CoverageInterval): boolean {
  return !cause.startsWith('absent ')
}

/** `a and b are blind, c is degraded`. */
function effectWords(intervals: readonly CoverageInterval[]): string {
  const states = [...Map.groupBy(intervals, ({ strategy }) => strategy)].map(
    ([strategy, of]) => [strategy, worstOf(of.map(({ state }) => state))] as const,
  )
  return (['blind', 'degraded'] as const)
    .flatMap((state) => {
      const names = states.flatMap(([strategy, its]) => (its === state ? [strategy] : []))
      if (names.length === 0) return []
      return [`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} ${state}`]
    })
    .join('; ')
}
