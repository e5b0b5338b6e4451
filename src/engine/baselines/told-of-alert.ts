import type { Alert, Evidence } from '../../domain/alert.ts'
import type { Baseline } from '../../sigma/sigma.ts'

/** What a baseline told of a key, as it stands in an alert: its own, or one of a rule that takes it as a signal. */
export interface ToldOfKey {
  readonly baseline: Baseline
  readonly key: string
  /** The oldest first. */
  readonly moments: readonly ToldMoment[]
}

export interface ToldMoment {
  /** Event time, ms: of a number the end of its bucket. */
  readonly time: number
  readonly reason: string
  /** What was seen: a number of a spike, else the value. Hostile text. */
  readonly value?: string | number
}

/** The keys of which an alert tells something, each once. */
export function toldOfAlert(
  baselines: readonly Baseline[],
  { rule, evidence }: Pick<Alert, 'rule' | 'evidence'>,
): readonly ToldOfKey[] {
  const found = new Map<string, { baseline: Baseline; key: string; moments: ToldMoment[] }>()
  for (const each of evidence) {
    const reason = each.fields['baseline.reason']
    const baseline = baselines.find(({ rule: { id } }) => id === (each.by?.id ?? rule.id))
    if (typeof reason !== 'string' || baseline === undefined) continue
    const key = keyOf(baseline, each)
    const id = `${baseline.rule.id} ${key}`
    const told = found.get(id) ?? { baseline, key, moments: [] }
    found.set(id, told)
    told.moments.push(momentOf(baseline, each, reason))
  }
  return [...found.values()]
}

function keyOf({ peers }: Baseline, { fields }: Evidence): string {
  return JSON.stringify(peers.map((name) => textOf(fields[name])))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function momentOf({ test }: Baseline, { time, fields }: Evidence, reason: string): ToldMoment {
  const value = fields['baseline.value']
  const isSeen = typeof value === 'string' || typeof value === 'number'
  return {
    time: test.type === 'spike' ? (Math.floor(time / test.timespan) + 1) * test.timespan : time,
    reason,
    ...(isSeen ? { value } : {}),
  }
}
