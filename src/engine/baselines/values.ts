import { ranking, type Baseline, type BaselineTest } from '../../sigma/sigma.ts'
import type { BaselineAnalytic, Judged, Surroundings, Ticked, Told } from './baseline-analytic.ts'
import { ENTITIES, firstTimeOf, slotsInOrder, type Slot } from './cell.ts'
import { epochOf, HELD, isOld, verdictOn, type Young } from './holding.ts'
import {
  addValues,
  describeValues,
  sawValue,
  stalestOf,
  valuesFrom,
  valuesJson,
  type KnownValues,
} from './known-values.ts'
import {
  isArmed,
  learnSamples,
  mayBeArmed,
  newProgress,
  progressFrom,
  progressJson,
  setProgressBack,
  type Progress,
} from './progress.ts'
import {
  addSeen,
  maybeSeen,
  newSeenSketch,
  seenSketchFrom,
  seenSketchJson,
  type SeenSketch,
} from './seen-sketch.ts'

/** Values of one key that are kept one by one; of more it is known only that they were there. */
export const VALUES = 1_000
/** What a key tells of one tick at most; more is counted with the last of it. */
const TOLD = 20
/** Of fewer observations no share is one. */
const FEW = 10
/** What goes on is told again after so long, ms. */
const AGAIN = 86_400_000

interface YoungValues extends Young {
  readonly values: KnownValues
  samples: number
}

export interface ValuesState {
  at: number
  readonly progress: Progress
  readonly values: KnownValues
  /** Observations of all learned values. */
  total: number
  young: YoungValues[]
  /** When a value was told last, ms. */
  readonly told: Map<string, number>
  sketch: SeenSketch | undefined
}

type ValuesTest = Extract<BaselineTest, { type: 'new_value' | 'rare_value' | 'change' }>
/** Why a value is told, and what it is held against; undefined where it is not. */
type Verdict = Pick<Told, 'reason' | 'seen'> | undefined
type Look = (state: ValuesState, value: string, tick: number) => Verdict

/** Values that a key had, and what is told of one that comes. */
export function values(baseline: Baseline & { readonly test: ValuesTest }): BaselineAnalytic<ValuesState> {
  const { learning, retain, test } = baseline
  const look = lookOf(test)
  // what is weaker, or not what is usual, goes on being so
  const learnsTold = test.type !== 'change'
  return {
    tellsOnce: test.type === 'new_value',
    keepsEvidence: true,
    judge(before, cells, surroundings) {
      let state = before
      const told: Told[] = []
      let isBounded = false
      for (const { tick, cell } of cells) {
        if (state !== undefined && tick < state.at) continue
        const first = firstTimeOf(cell)
        state ??= newState(first)
        isBounded = settle(state, tick, retain, surroundings) || isBounded
        const armed = isArmed(state.progress, learning, tick)
        isBounded ||= cell.more > 0
        foldTick(state, { tick, cell }, armed ? look : undefined, { learnsTold, told, surroundings })
      }
      if (state === undefined) return NOTHING
      state.at = Math.max(state.at, surroundings.until)
      return judged(state, told, isBounded, baseline)
    },
    mayTell(state, value, time) {
      if (state === undefined) return true
      if (!mayBeArmed(state.progress, learning, time)) return false
      return !isUsual(state, value, test)
    },
    at: ({ at }) => at,
    last: ({ progress }) => progress.last,
    size: ({ values: learned, young, told }) =>
      4 + 4 * learned.size + 4 * young.reduce((sum, each) => sum + each.values.size, 0) + told.size,
    toJson: ({ at, progress, values: learned, total, young, told, sketch }) => [
      at,
      progressJson(progress),
      valuesJson(learned),
      total,
      young.map((each) => [each.epoch, each.entities, each.samples, valuesJson(each.values)]),
      [...told],
      ...(sketch === undefined ? [] : [seenSketchJson(sketch)]),
    ],
    pastJson: () => undefined,
    fromJson(json) {
      const [at, progress, learned, total, young, told, sketch] = json as [
        number,
        unknown,
        unknown,
        number,
        [number, string[], number, unknown][],
        [string, number][],
        string | undefined,
      ]
      return {
        at,
        progress: progressFrom(progress),
        values: valuesFrom(learned),
        total,
        young: young.map(([epoch, entities, samples, rows]) => ({
          epoch,
          entities,
          samples,
          values: valuesFrom(rows),
        })),
        told: new Map(told),
        sketch: sketch === undefined ? undefined : seenSketchFrom(sketch),
      }
    },
    setBack(state, to, hour) {
      setProgressBack(state.progress, to, hour)
      state.at = to
      state.young = state.young.filter(({ epoch }) => epoch <= to)
      for (const [value, at] of state.told) if (at > to) state.told.set(value, to)
      for (const known of state.values.values()) {
        known.last = Math.min(known.last, to)
        known.day = Math.min(known.day, hour.day)
      }
    },
    approve(state, value) {
      if (value === undefined) {
        state.progress.approved = true
        for (const each of state.young) learn(state, each)
        state.young = []
        state.told.clear()
        return true
      }
      return approveValue(state, value)
    },
    forget(state, value) {
      const was = state.values.get(value)
      if (was !== undefined) state.total -= was.count
      const found = [state.values, state.told, ...state.young.map((each) => each.values)].map((each) =>
        each.delete(value),
      )
      return found.includes(true)
    },
    describe({ progress, young }) {
      const { first, last, samples, days } = progress
      return { first, last, samples, days, held: young.filter((each) => isOld(each, last)).length }
    },
    learned: ({ progress, values: learned, young, told }) => ({
      values: [
        ...describeValues(learned, 'learned', told),
        ...young.flatMap((each) =>
          describeValues(each.values, isOld(each, progress.last) ? 'held' : 'young', told),
        ),
      ],
    }),
  }
}

const NOTHING: Judged<never> = {
  state: undefined,
  told: [],
  deadline: undefined,
  expires: 0,
  status: 'learning',
  isBounded: false,
}

function judged(
  state: ValuesState,
  told: readonly Told[],
  isBounded: boolean,
  { learning, retain }: Baseline,
): Judged<ValuesState> {
  return {
    state,
    told,
    deadline: undefined,
    expires: state.progress.last + retain,
    status: isArmed(state.progress, learning, state.at) ? 'armed' : 'learning',
    isBounded,
  }
}

function newState(time: number): ValuesState {
  return {
    at: 0,
    progress: newProgress(time),
    values: new Map(),
    total: 0,
    young: [],
    told: new Map(),
    sketch: undefined,
  }
}

/** What of a tick is told, and what is to be learned of it later. */
function foldTick(
  state: ValuesState,
  { tick, cell }: Ticked,
  look: Look | undefined,
  to: { readonly learnsTold: boolean; readonly told: Told[]; readonly surroundings: Surroundings },
): void {
  const { progress } = state
  const hour = to.surroundings.hourOf(tick)
  const young = youngOf(state, tick, cell.entities)
  const before = to.told.length
  young.samples += cell.more
  for (const [value, slot] of slotsInOrder(cell)) {
    progress.last = Math.max(progress.last, slot.last)
    const verdict = look?.(state, value, tick)
    if (verdict !== undefined) {
      const isMuted = (state.told.get(value) ?? -Infinity) > tick - AGAIN
      if (!isMuted) {
        state.told.delete(value)
        state.told.set(value, tick)
        tellValue(to.told, before, value, slot, verdict)
      }
      if (!to.learnsTold) continue
    }
    young.samples += slot.n
    sawValue(young.values, value, slot, hour)
  }
}

function tellValue(
  told: Told[],
  before: number,
  value: string,
  slot: Slot,
  { reason, seen }: NonNullable<Verdict>,
): void {
  const last = told.at(-1)
  if (told.length - before >= TOLD && last !== undefined) {
    told[told.length - 1] = { ...last, count: last.count + slot.n }
    return
  }
  told.push({
    time: slot.time,
    event: slot.event,
    reason,
    count: slot.n,
    body: slot.body,
    series: undefined,
    seen: { value, ...seen },
  })
}

/** That of the tick's epoch, which is the newest; what is late is put to it as well. */
function youngOf(state: ValuesState, tick: number, entities: readonly string[]): YoungValues {
  const epoch = epochOf(tick)
  let young = state.young.find((each) => each.epoch === epoch)
  if (young === undefined) {
    young = { epoch, entities: [], samples: 0, values: new Map() }
    state.young.push(young)
  }
  for (const entity of entities) if (!young.entities.includes(entity)) young.entities.push(entity)
  if (young.entities.length > 1) young.entities = young.entities.sort().slice(0, ENTITIES)
  return young
}

/**
 * Learns what is out of its probation, but for what an incident holds back, and forgets what is old. Both happen at
 * ticks with observations only, so that they do not depend on when somebody looks. Whether there was too much.
 */
function settle(state: ValuesState, tick: number, retain: number, surroundings: Surroundings): boolean {
  const [first] = state.young
  if (first === undefined || !isOld(first, tick)) return false
  const left: YoungValues[] = []
  for (const young of state.young) {
    const verdict = isOld(young, tick) ? verdictOn(young, surroundings) : 'hold'
    if (verdict === 'learn') {
      learn(state, young)
      learnSamples(state.progress, young.samples, surroundings.hourOf(young.epoch))
    } else if (verdict === 'hold') left.push(young)
  }
  state.young = left.slice(-HELD)
  forgetOld(state, tick - retain)
  return keepFew(state)
}

function keepFew(state: ValuesState): boolean {
  for (const value of state.told.keys()) {
    if (state.told.size <= VALUES) break
    state.told.delete(value)
  }
  const isBounded = state.values.size > VALUES
  while (state.values.size > VALUES) {
    const stalest = stalestOf(state.values)
    if (stalest === undefined) break
    state.sketch ??= newSeenSketch()
    addSeen(state.sketch, stalest)
    state.values.delete(stalest)
  }
  return isBounded
}

function learn(state: ValuesState, { values: young }: YoungValues): void {
  for (const { count } of young.values()) state.total += count
  addValues(state.values, young)
}

function approveValue(state: ValuesState, value: string): boolean {
  let found = state.told.delete(value)
  for (const young of state.young) {
    const known = young.values.get(value)
    if (known === undefined) continue
    young.values.delete(value)
    learn(state, { ...young, values: new Map([[value, known]]) })
    found = true
  }
  if (found && !state.values.has(value)) {
    const { last, day } = state.progress
    state.values.set(value, { count: 1, first: last, last, days: 1, day, who: '' })
    state.total += 1
  }
  return found
}

function forgetOld(state: ValuesState, before: number): void {
  if (state.progress.first >= before) return
  for (const [value, { last, count }] of state.values) {
    if (last >= before) continue
    state.values.delete(value)
    state.total -= count
  }
  for (const [value, at] of state.told) if (at < before) state.told.delete(value)
}

function isKnown({ values: learned, young, told, sketch }: ValuesState, value: string): boolean {
  if (learned.has(value) || told.has(value)) return true
  if (young.some((each) => each.values.has(value))) return true
  return sketch !== undefined && maybeSeen(sketch, value)
}

/**
 * Whether a value is what it is to be for good, as far as is known by now: whom something is told of must not depend
 * on how much of what came before was looked at.
 */
function isUsual(state: ValuesState, value: string, test: ValuesTest): boolean {
  const count = state.values.get(value)?.count ?? 0
  switch (test.type) {
    case 'new_value':
      return isKnown(state, value)
    case 'rare_value':
      return count > 2 * test.share * state.total && count > FEW
    case 'change':
      return test.order === undefined ? count >= test.share * state.total && count > FEW : count > 0
  }
}

function lookOf(test: ValuesTest): Look {
  switch (test.type) {
    case 'new_value':
      return (state, value) =>
        isKnown(state, value) ? undefined : { reason: 'new', seen: { known: state.values.size } }
    case 'rare_value':
      return (state, value) => {
        const known = state.values.get(value)
        if (known === undefined && state.sketch !== undefined && maybeSeen(state.sketch, value))
          return undefined
        const count = known?.count ?? 0
        return count <= test.share * state.total
          ? { reason: 'rare', seen: { seen: count, of: state.total } }
          : undefined
      }
    case 'change':
      return test.order === undefined ? unusual(test.share) : weaker(ranking(test.order))
  }
}

function weaker(rankOf: (value: string) => number | undefined): Look {
  return (state, value) => {
    const rank = rankOf(value)
    if (rank === undefined) return undefined
    let weakest: string | undefined
    let least = Infinity
    for (const learned of state.values.keys()) {
      const its = rankOf(learned)
      if (its === undefined || its >= least) continue
      least = its
      weakest = learned
    }
    return weakest === undefined || rank >= least ? undefined : { reason: 'change', seen: { weakest } }
  }
}

function unusual(share: number): Look {
  return (state, value) => {
    for (const [usual, { count }] of state.values) {
      if (count < share * state.total || state.total === 0) continue
      return usual === value ? undefined : { reason: 'change', seen: { usual } }
    }
    return undefined
  }
}
