import type { Surroundings } from './baseline-analytic.ts'
import { epochOf, HELD, isOld, verdictOn } from './holding.ts'
import { learnNumbers } from './past.ts'
import { learnSamples } from './progress.ts'
import type { Run } from './spike-run.ts'
import type { SpikeState, YoungNumbers } from './spike-state.ts'

/** Numbers of one epoch that wait to be learned. */
const YOUNG = 4_096

/** A number waits until its probation is over. */
export function remember(state: SpikeState, bucket: number, x: number, run: Run): void {
  const epoch = epochOf(bucket + run.test.timespan - 1)
  let young = state.young.find((each) => each.epoch === epoch)
  if (young === undefined) {
    young = { epoch, entities: [], numbers: [] }
    state.young.push(young)
  }
  for (const entity of state.open.entities) if (!young.entities.includes(entity)) young.entities.push(entity)
  if (young.numbers.length < YOUNG) young.numbers.push([bucket, x])
  else run.isBounded = true
}

/** Learns what is out of its probation, but for what an incident holds back. */
export function settle(state: SpikeState, time: number, { surroundings }: Run): void {
  if (!state.young.some((each) => isOld(each, time))) return
  const left: YoungNumbers[] = []
  for (const young of state.young.sort((a, b) => a.epoch - b.epoch)) {
    const verdict = isOld(young, time) ? verdictOn(young, surroundings) : 'hold'
    if (verdict === 'hold') left.push(young)
    else if (verdict === 'learn') learn(state, young, surroundings)
  }
  state.young = left.slice(-HELD)
}

function learn(state: SpikeState, { numbers, epoch }: YoungNumbers, { hourOf }: Surroundings): void {
  const hours = new Map<number, number[]>()
  for (const [bucket, x] of numbers) {
    const { day, hour } = hourOf(bucket)
    const known = hours.get(day * 24 + hour)
    if (known === undefined) hours.set(day * 24 + hour, [x])
    else known.push(x)
  }
  for (const [place, xs] of hours) {
    const [day, hour] = [Math.floor(place / 24), place % 24]
    learnNumbers(state.past, { day, hour, weekday: 0 }, xs)
  }
  learnSamples(state.progress, numbers.length, hourOf(epoch))
  state.pastChanged = true
  state.usual = undefined
}
