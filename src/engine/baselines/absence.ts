import type { SignalBody } from '../../domain/state.ts'
import type { Baseline, BaselineTest } from '../../sigma/sigma.ts'
import type { BaselineAnalytic, Surroundings, Told } from './baseline-analytic.ts'
import { samplesOf, type Cell, type Slot } from './cell.ts'
import {
  isArmed,
  learnSamples,
  newProgress,
  progressFrom,
  progressJson,
  setProgressBack,
  type Progress,
} from './progress.ts'

/** A key that was silent for longer while it learned is waited for so much longer than it was then. */
const LONGER = 1.5

export interface AbsenceState {
  at: number
  readonly progress: Progress
  /** The longest silence while it learned, ms. */
  gap: number
  lastEvent: string
  /** Of its newest tick: whom the silence is about. */
  body: SignalBody | undefined
  /** The silence was told, or nobody could have heard. */
  isOver: boolean
  /** From when on the silence counts, ms: a strategy that was blind hears anew. */
  since: number
}

type Absence = Extract<BaselineTest, { type: 'absence' }>

/** Nothing, of a key that had something again and again. */
export function absence(baseline: Baseline & { readonly test: Absence }): BaselineAnalytic<AbsenceState> {
  const { learning, retain, test } = baseline
  const waits = ({ gap }: AbsenceState): number =>
    gap > test.timespan ? Math.round(gap * LONGER) : test.timespan
  const deadlineOf = (state: AbsenceState): number | undefined =>
    state.isOver ? undefined : state.since + waits(state)
  /** What of the silence is over by then is told; blindness puts it off. */
  const look = (state: AbsenceState, until: number, { isBlind }: Surroundings, told: Told[]): void => {
    for (let end = deadlineOf(state); end !== undefined && end <= until; end = deadlineOf(state)) {
      if (!isArmed(state.progress, learning, end)) {
        state.isOver = true
      } else if (isBlind(state.since, end)) {
        state.since = end
      } else {
        state.isOver = true
        const silent = Math.round((end - state.progress.last) / 1_000)
        told.push({
          time: end,
          event: state.lastEvent,
          reason: 'absence',
          count: 1,
          body: state.body,
          series: undefined,
          seen: { silent_seconds: silent, last: new Date(state.progress.last).toISOString() },
        })
      }
    }
  }
  return {
    tellsOnce: false,
    keepsEvidence: false,
    judge(before, cells, surroundings) {
      let state = before
      const told: Told[] = []
      for (const { tick, cell } of cells) {
        if (state !== undefined && tick < state.at) continue
        const slot = [...cell.slots.values()][0]
        if (slot === undefined) continue
        state ??= newState(slot)
        look(state, slot.time, surroundings, told)
        observe(state, slot, cell, isArmed(state.progress, learning, tick), surroundings)
      }
      if (state === undefined) {
        const nothing = { state: undefined, told: [], deadline: undefined, expires: 0 }
        return { ...nothing, status: 'learning', isBounded: false }
      }
      look(state, surroundings.until, surroundings, told)
      state.at = Math.max(state.at, surroundings.until)
      return {
        state,
        told,
        deadline: deadlineOf(state),
        expires: state.progress.last + Math.max(retain, 2 * waits(state)),
        status: isArmed(state.progress, learning, state.at) ? 'armed' : 'learning',
        isBounded: false,
      }
    },
    // the last one before a silence is known when that is over
    mayTell: () => true,
    at: ({ at }) => at,
    last: ({ progress }) => progress.last,
    size: () => 10,
    toJson: ({ at, progress, gap, lastEvent, body, isOver, since }) => [
      at,
      progressJson(progress),
      gap,
      lastEvent,
      isOver ? 1 : 0,
      since,
      ...(body === undefined ? [] : [body]),
    ],
    pastJson: () => undefined,
    fromJson(json) {
      const [at, progress, gap, lastEvent, isOver, since, body] = json as [
        number,
        unknown,
        number,
        string,
        number,
        number,
        SignalBody | undefined,
      ]
      const read = progressFrom(progress)
      return { at, progress: read, gap, lastEvent, isOver: isOver === 1, since, body }
    },
    setBack(state, to, hour) {
      setProgressBack(state.progress, to, hour)
      state.at = to
      state.since = Math.min(state.since, to)
    },
    approve(state, value) {
      if (value !== undefined) return false
      state.progress.approved = true
      return true
    },
    forget: () => false,
    describe: ({ progress: { first, last, samples, days } }) => ({ first, last, samples, days, held: 0 }),
    learned: () => ({}),
  }
}

function newState({ time, event }: Slot): AbsenceState {
  return {
    at: 0,
    progress: newProgress(time),
    gap: 0,
    lastEvent: event,
    body: undefined,
    isOver: false,
    since: time,
  }
}

function observe(
  state: AbsenceState,
  slot: Slot,
  cell: Cell,
  armed: boolean,
  { hourOf }: Surroundings,
): void {
  const { progress } = state
  if (!armed) state.gap = Math.max(state.gap, slot.time - progress.last)
  learnSamples(progress, samplesOf(cell), hourOf(slot.time))
  progress.last = Math.max(progress.last, slot.last)
  state.lastEvent = slot.lastEvent
  state.since = progress.last
  state.isOver = false
  state.body = slot.body
}
