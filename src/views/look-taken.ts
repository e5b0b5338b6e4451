import type { ContainerLook, SeenContainer } from '../domain/container-look.ts'
import type { ViewedContainer, ViewRow } from '../domain/state.ts'

/** So many intervals without a look are a break: what was seen before proves nothing of the time since. */
const MISSED_LOOKS = 3
/** A busy machine looks late: so long is no break, ms. */
const LATE = 20_000
/** Containers of a row, and those that it no longer sees; the oldest are forgotten first. */
const MAX_SEEN = 5_000
const MAX_GONE = 1_000

/** Whether so much time passed since the last look that one was missed. */
export function isBreak({ time, interval }: Pick<ViewRow, 'time' | 'interval'>, now: number): boolean {
  return now - time > Math.max(LATE, MISSED_LOOKS * interval)
}

/**
 * The row after a look. Undefined where the look names a list that was never told whole, or is older than what is
 * known: nothing follows from it.
 */
export function lookTaken(
  row: ViewRow | undefined,
  { view, observer, host, time, interval, seen, pods, digest, leftOut }: ContainerLook,
  by: Pick<ViewRow, 'input' | 'source'>,
): ViewRow | undefined {
  if (row !== undefined && time <= row.time) return undefined
  if (seen === undefined && row?.digest !== digest) return undefined
  const isBroken =
    row === undefined || isBreak({ time: row.time, interval: Math.max(interval, row.interval) }, time)
  const list = seen?.slice(0, MAX_SEEN)
  return {
    host,
    view,
    observer,
    ...by,
    began: isBroken ? time : row.began,
    time,
    interval,
    digest,
    leftOut: leftOut + (seen === undefined ? 0 : seen.length - (list?.length ?? 0)),
    seen: list === undefined ? (row?.seen ?? []) : withFirst(list, row, time),
    ...(pods !== undefined && { pods: pods.slice(0, MAX_SEEN) }),
    gone: list === undefined ? (row?.gone ?? []) : nowGone(list, row),
  }
}

function withFirst(
  list: readonly SeenContainer[],
  row: ViewRow | undefined,
  time: number,
): readonly ViewedContainer[] {
  const first = new Map(row?.seen.map((one) => [one.key, one.first]))
  const told = new Map(list.map((one) => [one.key, { ...one, first: first.get(one.key) ?? time }]))
  return [...told.values()]
}

function nowGone(list: readonly SeenContainer[], row: ViewRow | undefined): ViewRow['gone'] {
  if (row === undefined) return []
  const here = new Set(list.map(({ key }) => key))
  const went = row.seen.flatMap(({ key }) => (here.has(key) ? [] : [{ key, last: row.time }]))
  return [...row.gone.filter(({ key }) => !here.has(key)), ...went].slice(-MAX_GONE)
}
