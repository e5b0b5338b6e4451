import { entityLabel } from '../../domain/entity-label.ts'
import type { Match } from '../../domain/match.ts'
import { numericOf, type Baseline } from '../../sigma/sigma.ts'
import { entityKey } from '../entity.ts'
import { groupReader, type GroupReader } from '../group-reader.ts'
import { combinations, groupsOf, MAX_VALUES } from '../signals.ts'
import { slotOf } from './bucket.ts'
import type { Observation } from './cell.ts'

/** What baselines observe of matches. */
export interface Observer {
  /** Whether any baseline observes matches of the rule. */
  takes(rule: string): boolean
  /** Tells each observation that the match is, and of which key. */
  observe(match: Match, tell: (baseline: Baseline, key: string, observation: Observation) => void): void
}

interface Taker {
  readonly baseline: Baseline
  readonly peers: readonly GroupReader[]
  /** Undefined where it is that of the peers. */
  readonly groupBy: readonly GroupReader[] | undefined
  readonly fields: readonly GroupReader[]
}

export function createObserver(baselines: readonly Baseline[]): Observer {
  const takers = takersOf(baselines)
  return {
    takes: (rule) => takers.has(rule),
    observe(match, tell) {
      const found = takers.get(match.rule.id)
      if (found === undefined) return
      const { event } = match
      const { time, id, resource } = event
      let entity: string | undefined
      let who = ''
      for (const { baseline, peers, groupBy, fields } of found) {
        const keys = groupsOf(peers, event)
        if (keys.length === 0) continue
        if (entity === undefined) {
          entity = entityKey(resource)
          who = entityLabel(resource)
        }
        const { test } = baseline
        const about = { time, event: id, entity, who }
        const add = (slot: string, number: number): void => {
          for (const key of keys) tell(baseline, key, { ...about, slot, number })
        }
        if (test.type === 'spike') {
          const series = groupBy === undefined ? ONE : groupsOf(groupBy, event)
          for (const number of fields.length === 0 ? COUNTED : numbersOf(fields, match))
            for (const each of series) add(slotOf(time, test.timespan, each), number)
        } else if (fields.length === 0) add('', 1)
        else
          for (const tuple of combinations(fields, event, MAX_VALUES))
            add(tuple.length === 1 ? (tuple[0] as string) : JSON.stringify(tuple), 1)
      }
    },
  }
}

const ONE: readonly string[] = ['']
const COUNTED: readonly number[] = [1]

function takersOf(baselines: readonly Baseline[]): ReadonlyMap<string, readonly Taker[]> {
  const takers = new Map<string, Taker[]>()
  for (const baseline of baselines) {
    const { groupBy, peers, fields, inputs } = baseline
    const isShared = groupBy.join('\n') !== peers.join('\n')
    const taker: Taker = {
      baseline,
      peers: peers.map(groupReader),
      groupBy: isShared ? groupBy.map(groupReader) : undefined,
      fields: fields.map(groupReader),
    }
    for (const { rule } of inputs) {
      const others = takers.get(rule)
      if (others === undefined) takers.set(rule, [taker])
      else others.push(taker)
    }
  }
  return takers
}

function numbersOf([field]: readonly GroupReader[], { event }: Match): readonly number[] {
  return (field?.read(event).values.slice(0, MAX_VALUES) ?? []).flatMap((value) => {
    const number = Number(numericOf(value) ?? Number.NaN)
    return Number.isFinite(number) ? [number] : []
  })
}
