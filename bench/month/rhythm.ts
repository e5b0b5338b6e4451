import { randomOf } from './random.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A Monday, 00:00 UTC. */
export const START = Date.UTC(2026, 8, 28)

/** When a workload is busy. `office`: working hours; `evening`: people at home; `steady`: machines; `night`: batches. */
export type RhythmKind = 'office' | 'evening' | 'steady' | 'night'

/** How busy a workload is at a time; about 1 in a usual hour of its own. */
export type Rhythm = (time: number) => number

/**
 * Hour of day, day of week, one holiday, slow growth or decline over the month, and that no day is like the other.
 */
export function rhythmOf(seed: number, name: string, kind: RhythmKind): Rhythm {
  const random = randomOf(seed, 'rhythm', name)
  const shift = random.between(-1.5, 1.5)
  const growth = random.between(-0.004, 0.012)
  const holiday = Math.floor(randomOf(seed, 'holiday').between(9, 25))
  const days = Array.from({ length: 400 }, () => random.logNormal(1, 0.08))
  return (time) => {
    const since = (time - START) / DAY
    const day = Math.floor(since)
    const hour = ((((time % DAY) / HOUR + shift) % 24) + 24) % 24
    const isFree = day % 7 >= 5 || day === holiday
    return shapeOf(kind, hour, isFree) * (1 + growth * since) * (days[day] ?? 1)
  }
}

function shapeOf(kind: RhythmKind, hour: number, isFree: boolean): number {
  if (kind === 'steady') return 1 + 0.1 * bump(hour, 14, 5)
  if (kind === 'night') return 0.35 + 1.3 * bump(hour, 2, 2)
  if (kind === 'office') return 0.2 + (isFree ? 0.2 : 1.2) * bump(hour, 13, 3.5)
  return 0.25 + (isFree ? 1.3 : 1) * bump(hour, 20, 3)
}

/** Around a time of day, also over midnight. */
function bump(hour: number, middle: number, width: number): number {
  const apart = Math.min(Math.abs(hour - middle), 24 - Math.abs(hour - middle))
  return Math.exp(-0.5 * (apart / width) ** 2)
}
