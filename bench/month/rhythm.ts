import { DAY, HOUR, isWeekendDay, localDay, localHour } from './calendar.ts'
import { randomOf } from './random.ts'

/** When a workload is busy. `office`: working hours; `evening`: people at home; `steady`: machines; `night`: batches. */
export type RhythmKind = 'office' | 'evening' | 'steady' | 'night'

/** How busy a workload is at a time; about 1 in a usual hour of its own. */
export type Rhythm = (time: number) => number

/**
 * Hour of day and day of week by the clock on the wall, one holiday, slow growth or decline over the month, and that no
 * day is like the other. Machines and batches know no summer time.
 */
export function rhythmOf(
  { seed, start }: { readonly seed: number; readonly start: number },
  name: string,
  kind: RhythmKind,
): Rhythm {
  const random = randomOf(seed, 'rhythm', name)
  const shift = random.between(-1.5, 1.5)
  const growth = random.between(-0.004, 0.012)
  const holiday = localDay(start) + Math.floor(randomOf(seed, 'holiday').between(9, 25))
  const days = Array.from({ length: 400 }, () => random.logNormal(1, 0.08))
  const isOfPeople = kind === 'office' || kind === 'evening'
  return (time) => {
    const since = (time - start) / DAY
    const day = localDay(time)
    const shown = isOfPeople ? localHour(time) : (time % DAY) / HOUR
    const hour = (((shown + shift) % 24) + 24) % 24
    const isFree = isWeekendDay(day) || day === holiday
    return shapeOf(kind, hour, isFree) * (1 + growth * since) * (days[Math.floor(since)] ?? 1)
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
