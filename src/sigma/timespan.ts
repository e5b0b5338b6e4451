import { mistake } from './problem.ts'
import type { Position, Report } from './problem.ts'
import type { Tree } from './yaml.ts'

/** Seconds in each unit; a month and a year are those of the Gregorian calendar on average. Case matters. */
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  M: 2_629_746,
  y: 31_556_952,
}

/** The length of a correlation's window in ms; undefined if the report tells why not. */
export function readTimespan(
  tree: Tree | undefined,
  at: Position,
  report: Report,
  key = 'timespan',
): number | undefined {
  const mend = 'write a number and a unit, such as 90s, 5m, 24h or 7d'
  if (tree === undefined) {
    report.mistakes.push(mistake(at, 'a correlation needs timespan', mend))
    return undefined
  }
  const written = tree.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : ''
  const found = /^(\d{1,9})([smhdwMy])$/.exec(written)
  const length = Number(found?.[1] ?? 0) * (SECONDS[found?.[2] ?? ''] ?? 0) * 1_000
  if (length > 0) return length
  report.mistakes.push(mistake(tree.at, `${key} is no length of time`, mend))
  return undefined
}
