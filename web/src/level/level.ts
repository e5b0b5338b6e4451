import { LEVELS, type Level } from '../api/types.ts'

/** Short names: a level can be told without its colour. */
export const LEVEL_SHORT: Readonly<Record<Level, string>> = {
  critical: 'crit',
  high: 'high',
  medium: 'med',
  low: 'low',
  informational: 'info',
}

export function isLevel(text: string | null | undefined): text is Level {
  return (LEVELS as readonly (string | null | undefined)[]).includes(text)
}

/** Most severe first. */
export function bySeverity(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b)
}
