import type { Alert } from '../../src/domain/alert.ts'
import { WORKLOADS } from '../../src/domain/entity-label.ts'
import { PLANTED_KINDS, type Planted, type PlantedKind } from './planted/planted.ts'
import { DAY, HOUR, MINUTE } from './calendar.ts'

/** How an alert that is to be judged came about. */
export interface JudgedAlert extends Pick<Alert, 'level' | 'entity' | 'first' | 'last' | 'rule'> {
  /** The kind of its analytic; `rule` where one event alone led to it. */
  readonly kind: string
}

export interface Score {
  readonly recall: number
  readonly falsePerWorkloadMonth: number
  readonly byKind: Readonly<Record<string, KindScore>>
  readonly missed: readonly Planted[]
  readonly false: readonly JudgedAlert[]
}

export interface KindScore {
  readonly planted: number
  readonly found: number
  readonly recall: number | undefined
  readonly false: number
  readonly falsePerWorkloadMonth: number
}

/** What an analytic that decides by hours, and asks for two of them, may take. */
const DELAY = 2 * HOUR
/** A window that ends with the anomaly may have begun before it. */
const AHEAD = 15 * MINUTE
const MONTH = 30 * DAY

/**
 * An anomaly is found if an alert of medium or above names whom it happened to within its time. Every other alert of
 * medium or above after `learned` is false. The alerts are those of medium and above.
 */
export function scoreOf(
  planted: readonly Planted[],
  alerts: readonly JudgedAlert[],
  { learned, end, workloads }: { readonly learned: number; readonly end: number; readonly workloads: number },
): Score {
  const found = new Set<Planted>()
  const wrong: JudgedAlert[] = []
  for (const alert of alerts) {
    const meant = planted.filter((one) => isOf(alert, one))
    for (const one of meant) found.add(one)
    if (meant.length === 0 && alert.last >= learned) wrong.push(alert)
  }
  const months = (workloads * (end - learned)) / MONTH
  const kinds = new Set<string>([...PLANTED_KINDS, ...wrong.map(({ kind }) => kind)])
  const byKind = [...kinds].map((kind): readonly [string, KindScore] => {
    const of = planted.filter((one) => one.kind === (kind as PlantedKind))
    const hits = of.filter((one) => found.has(one)).length
    const errors = wrong.filter((alert) => alert.kind === kind).length
    const recall = of.length === 0 ? undefined : hits / of.length
    return [
      kind,
      {
        planted: of.length,
        found: hits,
        recall,
        false: errors,
        falsePerWorkloadMonth: errors / months,
      },
    ]
  })
  return {
    recall: planted.length === 0 ? 1 : found.size / planted.length,
    falsePerWorkloadMonth: wrong.length / months,
    byKind: Object.fromEntries(byKind),
    missed: planted.filter((one) => !found.has(one)),
    false: wrong,
  }
}

/** Whether the alert tells of the anomaly: it names its entity, or a pod that has the workload's name in its own. */
export function isOf(
  { entity, first, last }: Pick<JudgedAlert, 'entity' | 'first' | 'last'>,
  { names, from, until }: Planted,
): boolean {
  if (last < from - AHEAD || first > until + DELAY) return false
  return namesIn(entity).some((name) => names.some((one) => name === one || name.startsWith(`${one}-`)))
}

/** Of a container, a workload or a user; of a machine or a namespace alone where it is about nothing smaller. */
function namesIn(entity: Alert['entity']): readonly string[] {
  const isWithin = SMALLER.some((attribute) => entity[attribute] !== undefined)
  return Object.entries(entity).flatMap(([attribute, value]) =>
    isWithin && LARGER.includes(attribute) ? [] : value,
  )
}

const SMALLER: readonly string[] = [...WORKLOADS, 'container.id']
const LARGER: readonly string[] = ['host.name', 'k8s.node.name', 'k8s.namespace.name']
