import type { Finding, SensorMark } from '../domain/event.ts'
import { SENSOR_RUN_HORIZON, type MissingRecords, type SensorRunRow } from '../domain/state.ts'

/** A finding, and the input that it is of. */
export interface Overdue {
  readonly input: string
  readonly finding: Finding
}

/**
 * How far runs of sensors were read, over all of their files: numbers that are missing, and silence. Times `at` are
 * of the wall clock, ms; what is in a run happened at its sensor's own time.
 */
export interface SensorRuns {
  /** A record was read. What it closes: silence before it, the time between two runs. */
  observe(mark: SensorMark, input: string, at: number): readonly Finding[]
  /** Numbers that came from no other file for so long that they will not; at the end of all reading: `Infinity`. */
  missing(at: number): readonly Overdue[]
  /** Runs of which nothing was heard for three of their intervals; the same findings again when they have grown. */
  silent(at: number): readonly Overdue[]
  /** Rows that changed since the last call, to be committed with the batch. */
  changes(): readonly SensorRunRow[]
}

/** So many intervals without a record are silence. */
const MISSED = 3
/** Another file may still bring what is missing, ms since it last brought something. */
const PATIENCE = 60_000
/** Of a run; the oldest is told when there are more. */
const GAPS = 64
/** A sensor that does not come back is told of for so long, ms. */
const GIVEN_UP = 30 * 24 * 3_600_000
/** Silence is told again when it has grown by an interval and this part of its length. */
const GROWTH = 1 / 100

/** `begun`: since when it can be heard. */
export function createSensorRuns(rows: readonly SensorRunRow[], begun: number): SensorRuns {
  const runs = new Map(rows.map((row) => [row.run, row]))
  const changed = new Map<string, SensorRunRow>()
  /** When the run was heard, and when its silence was told last. */
  const heard = new Map<string, number>()
  const told = new Map<string, number>()

  const put = (row: SensorRunRow): void => {
    runs.delete(row.run)
    runs.set(row.run, row)
    changed.set(row.run, row)
    const [oldest] = runs.keys()
    if (runs.size <= SENSOR_RUN_HORIZON || oldest === undefined) return
    for (const map of [runs, changed, heard, told]) map.delete(oldest)
  }
  /** What was missing before the end that the run's successor knows of; and the time between the two. */
  function* succeeded(mark: SensorMark, input: string, at: number): Iterable<Finding> {
    const { previous } = mark
    const before = previous?.run === undefined ? undefined : runs.get(previous.run)
    if (previous !== undefined && before !== undefined && (previous.seq ?? 0) > before.seq) {
      const cut = { from: before.seq + 1, to: previous.seq ?? 0, since: before.time, until: previous.time }
      put({
        ...before,
        seq: cut.to,
        time: previous.time,
        missing: [...before.missing, { ...cut, noticed: at }],
      })
    }
    const followed = [...runs.values()].filter(
      (row) => row.host === mark.host && row.run !== mark.run && row.over !== true && row.time <= mark.time,
    )
    for (const row of followed) {
      put({ ...row, over: true })
      if (row.run !== previous?.run && mark.time - row.time > MISSED * row.interval)
        yield silence(
          row,
          mark.time,
          'the sensor ended and was started again later, without its earlier files',
        )
    }
    if (previous === undefined || previous.time >= mark.time) return
    const { run = mark.run, seq = mark.seq, time, stopped } = previous
    yield silence(
      { run, seq, time, input, host: mark.host },
      mark.time,
      stopped
        ? 'the sensor was stopped and started again later'
        : 'the sensor ended without saying so and was started again later',
    )
  }
  /** What is read late: a run of the same machine is further by now. */
  const isPast = ({ run, host, time }: SensorMark, interval: number): boolean =>
    [...runs.values()].some(
      (row) => row.host === host && row.run !== run && row.time > time + MISSED * interval,
    )
  const first = (mark: SensorMark, input: string, at: number): void => {
    const { run, seq, time, host, interval = HEARTBEAT, kind } = mark
    const sibling = [...runs.values()].findLast((row) => row.host === host && row.time <= time)
    const since = sibling?.time ?? time
    put({
      run,
      input,
      host,
      seq,
      time,
      interval,
      ...(isPast(mark, interval) && { over: true }),
      // a file that says that it is not the first of its run
      missing: kind === 'file' && seq > 0 ? [{ from: 0, to: seq - 1, since, until: time, noticed: at }] : [],
    })
  }

  return {
    observe(mark, input, at) {
      const { run, seq, time, kind } = mark
      const findings = kind === 'start' ? [...succeeded(mark, input, at)] : []
      heard.set(run, at)
      told.delete(run)
      const row = runs.get(run)
      if (row === undefined) {
        first(mark, input, at)
        return findings
      }
      if (seq <= row.seq) {
        const missing = without(row.missing, seq, at)
        if (missing !== row.missing) put({ ...row, missing })
        return findings
      }
      const interval = mark.interval ?? row.interval
      if (seq === row.seq + 1 && time - row.time > MISSED * interval)
        findings.push(silence(row, time, 'the sensor wrote nothing, not even heartbeats'))
      const gap = {
        from: row.seq + 1,
        to: seq - 1,
        since: row.time,
        until: Math.max(time, row.time),
        noticed: at,
      }
      const missing = gap.from <= gap.to ? [...row.missing, gap] : row.missing
      const tooMany = missing.slice(0, Math.max(0, missing.length - GAPS))
      for (const one of tooMany) findings.push(loss(row, one))
      const { over: _over, ...open } = row
      put({
        ...open,
        input,
        seq,
        time: Math.max(time, row.time),
        interval,
        ...(isPast(mark, interval) && { over: true }),
        missing: missing.slice(tooMany.length),
      })
      return findings
    },
    missing(at) {
      return [...runs.values()].flatMap((row) => {
        const due = row.missing.filter(({ noticed }) => noticed <= at - PATIENCE)
        if (due.length > 0) put({ ...row, missing: row.missing.filter((one) => !due.includes(one)) })
        return due.map((one) => ({ input: row.input, finding: loss(row, one) }))
      })
    },
    silent(at) {
      return [...runs.values()].flatMap((row) => {
        const quiet = at - (heard.get(row.run) ?? begun) > MISSED * row.interval
        if (!quiet || row.over === true || at - row.time > GIVEN_UP) return []
        const grown = at - (told.get(row.run) ?? Number.NEGATIVE_INFINITY)
        if (grown < Math.max(row.interval, (at - row.time) * GROWTH)) return []
        told.set(row.run, at)
        const finding = silence(row, at, 'nothing is heard of the sensor, not even heartbeats')
        return [{ input: row.input, finding }]
      })
    },
    changes() {
      const rows = [...changed.values()]
      changed.clear()
      return rows
    },
  }
}

/** ms between heartbeats, unless a record says otherwise. */
const HEARTBEAT = 5_000

type Place = Pick<SensorRunRow, 'run' | 'input' | 'seq' | 'time' | 'host'>

/** From the last that was heard on; what is told while it lasts and what ends it are one finding. */
function silence({ run, input, seq, time, host }: Place, until: number, message: string): Finding {
  return {
    id: `sensor:silence:${run}:${seq}`,
    kind: 'unobserved-interval',
    about: input,
    since: time,
    until: Math.max(time, until),
    message,
    ...resourceOf(host),
  }
}

function loss({ run, input, host }: SensorRunRow, { from, to, since, until }: MissingRecords): Finding {
  return {
    id: `sensor:missing:${run}:${from}-${to}`,
    kind: 'producer-loss',
    about: input,
    since: Math.min(since, until),
    until,
    message: `${to - from + 1} records of the sensor are missing from its files`,
    lost: { source: 'sensor', records: to - from + 1 },
    ...resourceOf(host),
  }
}

function resourceOf(host: string | undefined): Pick<Finding, 'resource'> {
  return host === undefined ? {} : { resource: { 'host.name': host } }
}

/** The gaps without a number that came after all; the same list where it is in none. */
function without(gaps: readonly MissingRecords[], seq: number, at: number): readonly MissingRecords[] {
  if (!gaps.some(({ from, to }) => from <= seq && seq <= to)) return gaps
  return gaps.flatMap((gap) => {
    if (seq < gap.from || seq > gap.to) return [gap]
    const parts = [
      { ...gap, to: seq - 1, noticed: at },
      { ...gap, from: seq + 1, noticed: at },
    ]
    return parts.filter(({ from, to }) => from <= to)
  })
}
