import type { WholeKey } from '../api/types.ts'
import type { Moment } from '../chart/history-chart.tsx'

type Told = Pick<WholeKey, 'alerts' | 'learned'>

/**
 * The moments at which a key was told, each once: those of its alerts, and those that the key remembers itself, as
 * where it is a weak signal.
 */
export function momentsOf({ alerts, learned }: Told): readonly (Moment & { readonly incident?: string })[] {
  const found = new Map<number, Moment & { readonly incident?: string }>()
  for (const { time, value } of learned.told ?? []) found.set(time, { time, value })
  for (const { incident, moments } of alerts)
    for (const { time, value, reason } of moments) {
      if (reason !== 'spike') continue
      found.set(time, { time, ...(typeof value === 'number' ? { value } : {}), incident })
    }
  return [...found.values()].sort((a, b) => a.time - b.time)
}
