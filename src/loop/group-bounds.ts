import type { Finding } from '../domain/event.ts'
import type { WindowKey } from '../domain/state.ts'
import { groupsFinding, inexactFinding } from './correlation-findings.ts'
import type { Correlator, Step } from '../engine/correlate.ts'
import type { SignalStore } from '../store/signals.ts'

/** Groups that one correlation remembers at most. */
export const GROUPS = 250_000
/** Where there are more they are brought down to this share. */
const ENOUGH = 0.9

/** Watches that no correlation remembers more than it may. */
export interface GroupBounds {
  /** The windows that are to go, those of which least is left, and what is to be told. */
  look(
    step: Step,
    correlator: Pick<Correlator, 'correlations' | 'forget'>,
    now: number,
  ): { stale: readonly WindowKey[]; findings: Finding[] }
}

export function createGroupBounds(
  store: Pick<SignalStore, 'windowCounts' | 'stalestWindows'>,
  most: number = GROUPS,
): GroupBounds {
  let counts = new Map(store.windowCounts())
  return {
    look({ windows, bounded }, correlator, now) {
      const findings = bounded.map((correlation) => inexactFinding(correlation, now))
      // at most so many: one that was there before is counted again
      for (const { correlation } of windows) counts.set(correlation, (counts.get(correlation) ?? 0) + 1)
      if (![...counts.values()].some((count) => count > most)) return { stale: [], findings }
      counts = new Map(store.windowCounts())
      const kept = new Set(windows.map(({ correlation, group }) => `${correlation} ${group}`))
      const stale = correlator.correlations.flatMap((correlation) => {
        const count = counts.get(correlation.hash) ?? 0
        if (count <= most) return []
        findings.push(groupsFinding(correlation, most, now))
        return store
          .stalestWindows(correlation.hash, count - Math.floor(most * ENOUGH))
          .filter((key) => !kept.has(`${key.correlation} ${key.group}`))
      })
      correlator.forget(stale)
      return { stale, findings }
    },
  }
}
