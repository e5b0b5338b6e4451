import type { SignalBody } from '../../domain/state.ts'

/** Baselines look at time in steps of so many ms: what is observed within one is folded as one, in any order. */
export const TICK = 10_000
/** Values of one key that are kept one by one of one tick, those that came first. */
export const SLOTS = 1_000
/** Entities of one tick that are kept, the first by name: by them it is known whether learning is to be held back. */
export const ENTITIES = 16

/** What one match is to a baseline. */
export interface Observation {
  /** Event time, ms, and the event's id. */
  readonly time: number
  readonly event: string
  /** What of its key it adds to: a value, or a bucket of a series. */
  readonly slot: string
  /** The number that it adds; 1 where observations are counted. */
  readonly number: number
  /** Whom it is about: the key of an entity, and what people call it. */
  readonly entity: string
  readonly who: string
}

/** What was observed in one slot: the same whatever order it came in. */
export interface Slot {
  n: number
  /** The first observation, in the order of (time, event id); who it was about, and what an alert is made of. */
  time: number
  event: string
  who: string
  body: SignalBody | undefined
  /** The last one. */
  last: number
  lastEvent: string
  /** Of the numbers: those of the first and the last observation, and of all. */
  first: number
  latest: number
  sum: number
  min: number
  max: number
}

/** The observations of one key in one tick. */
export interface Cell {
  readonly slots: Map<string, Slot>
  /** Keys of entities, in order. */
  entities: string[]
  /** Observations whose values are not kept, because there were too many. */
  more: number
}

export function newCell(): Cell {
  return { slots: new Map(), entities: [], more: 0 }
}

/** The slot is told whether the observation is its first so far, and then needs a body. */
export function addTo(cell: Cell, observation: Observation, body: () => SignalBody | undefined): void {
  const { slot: key, time, event, number, who, entity } = observation
  if (!cell.entities.includes(entity)) cell.entities = firstOf([...cell.entities, entity])
  const slot = cell.slots.get(key)
  if (slot === undefined) {
    cell.slots.set(key, {
      n: 1,
      time,
      event,
      who,
      body: body(),
      last: time,
      lastEvent: event,
      first: number,
      latest: number,
      sum: number,
      min: number,
      max: number,
    })
    if (cell.slots.size > 2 * SLOTS) prune(cell)
    return
  }
  slot.n += 1
  slot.sum += number
  if (number < slot.min) slot.min = number
  if (number > slot.max) slot.max = number
  if (isBefore(time, event, slot.time, slot.event)) {
    slot.time = time
    slot.event = event
    slot.who = who
    slot.first = number
    slot.body = body() ?? slot.body
  }
  if (isBefore(slot.last, slot.lastEvent, time, event)) {
    slot.last = time
    slot.lastEvent = event
    slot.latest = number
  }
}

/** Adds what was observed elsewhere in the same tick; `other` is given up. */
export function merge(cell: Cell, other: Cell): void {
  cell.entities = firstOf([...new Set([...cell.entities, ...other.entities])])
  cell.more += other.more
  for (const [key, slot] of other.slots) {
    const known = cell.slots.get(key)
    if (known === undefined) cell.slots.set(key, slot)
    else mergeSlot(known, slot)
  }
  if (cell.slots.size > 2 * SLOTS) prune(cell)
}

export function mergeSlot(slot: Slot, other: Slot): void {
  slot.n += other.n
  slot.sum += other.sum
  slot.min = Math.min(slot.min, other.min)
  slot.max = Math.max(slot.max, other.max)
  if (isBefore(other.time, other.event, slot.time, slot.event)) {
    slot.time = other.time
    slot.event = other.event
    slot.who = other.who
    slot.first = other.first
    slot.body = other.body ?? slot.body
  }
  if (isBefore(slot.last, slot.lastEvent, other.last, other.lastEvent)) {
    slot.last = other.last
    slot.lastEvent = other.lastEvent
    slot.latest = other.latest
  }
}

/** In the order of their first observations; those that came first where there are too many. */
export function slotsInOrder(cell: Cell): readonly (readonly [string, Slot])[] {
  if (cell.slots.size === 1) return [...cell.slots]
  if (cell.slots.size > SLOTS) prune(cell)
  return [...cell.slots].sort(
    ([a, one], [b, other]) =>
      one.time - other.time || compareText(one.event, other.event) || compareText(a, b),
  )
}

/** Of its first observation, ms. */
export function firstTimeOf({ slots }: Cell): number {
  let first = Infinity
  for (const { time } of slots.values()) if (time < first) first = time
  return first
}

export function samplesOf(cell: Cell): number {
  let n = cell.more
  for (const slot of cell.slots.values()) n += slot.n
  return n
}

/** Those that came first are the same however the observations were cut. */
function prune(cell: Cell): void {
  const ordered = [...cell.slots].sort(
    ([a, one], [b, other]) =>
      one.time - other.time || compareText(one.event, other.event) || compareText(a, b),
  )
  for (const [key, { n }] of ordered.slice(SLOTS)) {
    cell.slots.delete(key)
    cell.more += n
  }
}

function firstOf(entities: string[]): string[] {
  return entities.length === 1 ? entities : entities.sort().slice(0, ENTITIES)
}

function isBefore(time: number, event: string, otherTime: number, otherEvent: string): boolean {
  return time < otherTime || (time === otherTime && event < otherEvent)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** As JSON, and back. Numbers are left out where observations are counted. */
export function cellJson({ slots, entities, more }: Cell): unknown {
  return [
    entities,
    more,
    [...slots].map(([key, slot]) => {
      const { n, time, event, who, last, lastEvent, first, latest, sum, min, max, body } = slot
      const isCounted = sum === n && min === 1 && max === 1
      const numbers = isCounted ? 0 : [first, latest, sum, min, max]
      const row = [key, n, time, event, who, last - time, n === 1 ? 0 : lastEvent, numbers]
      return body === undefined ? row : [...row, body]
    }),
  ]
}

type SlotRow = readonly [
  key: string,
  n: number,
  time: number,
  event: string,
  who: string,
  span: number,
  lastEvent: string | 0,
  numbers: 0 | readonly [first: number, latest: number, sum: number, min: number, max: number],
  body?: SignalBody,
]

export function cellFrom(json: unknown): Cell {
  const [entities, more, rows] = json as [string[], number, SlotRow[]]
  const slots = new Map<string, Slot>()
  for (const [key, n, time, event, who, span, lastEvent, numbers, body] of rows) {
    const [first, latest, sum, min, max] = numbers === 0 ? [1, 1, n, 1, 1] : numbers
    const end = { last: time + span, lastEvent: lastEvent === 0 ? event : lastEvent }
    slots.set(key, { n, time, event, who, body, ...end, first, latest, sum, min, max })
  }
  return { slots, entities, more }
}
