import type { LoadedRule } from '../src/sigma/sigma.ts'
import type { Strategy, StrategyTest } from '../src/strategy/strategy.ts'

/**
 * Whether the tests of a correlation or baseline show where its window ends: two of them have the same events with the
 * same values at other times, and one fires where the other stays silent. Nothing but the window can be the reason.
 */
export function isTestedAtEdge({ name, id }: Pick<LoadedRule, 'name' | 'id'>, strategy: Strategy): boolean {
  const tests = strategy.tests.filter(({ kind, rule }) => kind === 'test' && (rule === name || rule === id))
  const expected = (wanted: 'fire' | 'silent'): ReadonlySet<string> =>
    new Set(tests.filter(({ expect }) => expect === wanted).map(withoutTimes))
  return !expected('fire').isDisjointFrom(expected('silent'))
}

/** What a test is but for when. */
function withoutTimes({ events, lists }: StrategyTest): string {
  const bare = events.map(({ at: _at, repeat, ...event }) => ({ ...event, ...varied(repeat) }))
  return JSON.stringify([bare, lists ?? {}])
}

function varied(repeat: unknown): { readonly vary?: unknown } {
  return typeof repeat === 'object' && repeat !== null && 'vary' in repeat ? { vary: repeat.vary } : {}
}
