import type { LocalHour } from '../../domain/local-hour.ts'
import type { Learning } from '../../sigma/sigma.ts'

/** How far a key has learned. */
export interface Progress {
  /** Event times of its first and last observation, ms. */
  first: number
  last: number
  samples: number
  /** Distinct days, and the newest of them. */
  days: number
  day: number
  /** Somebody said that it has learned enough. */
  approved: boolean
}

export function newProgress(time: number): Progress {
  return { first: time, last: time, samples: 0, days: 0, day: -1, approved: false }
}

/** Days come in order, but for what is late. */
export function learnSamples(progress: Progress, samples: number, { day }: LocalHour): void {
  progress.samples += samples
  if (day <= progress.day) return
  progress.day = day
  progress.days += 1
}

/** Whether it has learned by that event time, ms. */
export function isArmed(progress: Progress, { span, samples, days }: Learning, time: number): boolean {
  if (progress.approved) return true
  return time >= progress.first + span && progress.samples >= samples && progress.days >= days
}

/** Whether it may be armed by then, whatever it has seen meanwhile. */
export function mayBeArmed(progress: Progress, { span }: Learning, time: number): boolean {
  return progress.approved || time >= progress.first + span
}

export function progressJson({ first, last, samples, days, day, approved }: Progress): unknown {
  return [first, last, samples, days, day, ...(approved ? [1] : [])]
}

export function progressFrom(json: unknown): Progress {
  const [first, last, samples, days, day, approved] = json as number[]
  return {
    first: first ?? 0,
    last: last ?? 0,
    samples: samples ?? 0,
    days: days ?? 0,
    day: day ?? -1,
    approved: approved === 1,
  }
}

/** Nothing happened later than that. */
export function setProgressBack(progress: Progress, to: number, { day }: LocalHour): void {
  progress.first = Math.min(progress.first, to)
  progress.last = Math.min(progress.last, to)
  progress.day = Math.min(progress.day, day)
}
