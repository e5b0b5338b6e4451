import type { Fact, Finding, SourceName } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'

/** A record that is dated later than this after its arrival is evaluated as of its arrival, ms. */
export const MOST_AHEAD = 24 * 3_600_000

/** What one record meant: its events, or what stands for them. */
interface Meaning<E> {
  readonly events: readonly E[]
  readonly facts: readonly Fact[]
}

/** Dates what a batch means: times in records are the writer's to choose. */
export interface Dating {
  dated<E extends { readonly time: number }>(meaning: Meaning<E>, source: SourceName): Meaning<E>
  /** The findings of the batch, none of which ends in the future, and those that tell what was dated otherwise. */
  findings(findings: readonly Finding[]): readonly Finding[]
}

/** `arrival` is when the batch came, ms; undefined where nobody knows when: then times stand as they are written. */
export function createDating(input: string, arrival: number | undefined): Dating {
  if (arrival === undefined) return { dated: (meaning) => meaning, findings: (findings) => findings }
  const ahead = new Map<SourceName, number>()
  const timeOf = (time: number, source: SourceName): number => {
    if (time <= arrival + MOST_AHEAD) return time
    ahead.set(source, Math.max(time, ahead.get(source) ?? 0))
    return arrival
  }
  const factOf = (fact: Fact, source: SourceName): Fact => {
    if (fact.kind === 'sensor-record')
      return { ...fact, mark: { ...fact.mark, time: timeOf(fact.mark.time, source) } }
    if (fact.kind === 'container-look')
      return { ...fact, look: { ...fact.look, time: timeOf(fact.look.time, source) } }
    if (fact.kind !== 'finding') return { ...fact, time: timeOf(fact.time, source) }
    const { finding } = fact
    return { kind: 'finding', finding: { ...finding, until: timeOf(finding.until, source) } }
  }
  const isAhead = ({ time }: { readonly time: number }): boolean => time > arrival + MOST_AHEAD
  return {
    dated({ events, facts }, source) {
      const isDated = !events.some(isAhead) && !facts.some((fact) => isAhead({ time: timeIn(fact) }))
      if (isDated) return { events, facts }
      return {
        events: events.map((event) => ({ ...event, time: timeOf(event.time, source) })),
        facts: facts.map((fact) => factOf(fact, source)),
      }
    },
    findings: (findings) => [
      ...findings.map((finding) => ended(finding, arrival)),
      ...[...ahead].map(([source, time]) => aheadFinding(input, source, time, arrival)),
    ],
  }
}

function timeIn(fact: Fact): number {
  switch (fact.kind) {
    case 'sensor-record':
      return fact.mark.time
    case 'container-look':
      return fact.look.time
    case 'finding':
      return fact.finding.until
    default:
      return fact.time
  }
}

/** What is to come nobody has missed yet. */
function ended(finding: Finding, now: number): Finding {
  const until = Math.min(finding.until, now)
  return { ...finding, until, since: Math.min(finding.since, until) }
}

/** Told once an hour for each source. */
function aheadFinding(input: string, source: SourceName, time: number, arrival: number): Finding {
  const hour = Math.floor(arrival / 3_600_000)
  return {
    id: digest('bound-reached', 'ahead', input, source, String(hour)),
    kind: 'bound-reached',
    about: input,
    since: arrival,
    until: arrival,
    message: `records of ${source} are dated more than a day after their arrival, up to ${new Date(time).toISOString()}, and were evaluated as of their arrival`,
  }
}
