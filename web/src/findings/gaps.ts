import type { Finding } from '../api/types.ts'

/** A stretch in which nothing can be concluded, as parts of the whole from 0 to 1. */
export interface Gap {
  readonly finding: Finding
  readonly from: number
  readonly to: number
}

/** Shortest part that is still seen. */
const LEAST = 0.004

/** Places intervals on a stretch of time; what lies outside is left out, what sticks out is cut. */
export function placeGaps(findings: readonly Finding[], since: number, until: number): readonly Gap[] {
  const whole = until - since
  if (whole <= 0) return []
  return findings.flatMap((finding) => {
    const [begin, end] = [Date.parse(finding.since), Date.parse(finding.until)]
    if (end < since || begin > until) return []
    const from = Math.min(Math.max(0, (begin - since) / whole), 1 - LEAST)
    return [{ finding, from, to: Math.min(1, Math.max((end - since) / whole, from + LEAST)) }]
  })
}
