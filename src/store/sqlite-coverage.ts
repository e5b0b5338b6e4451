import type { DatabaseSync } from 'node:sqlite'
import {
  COVERAGE_INTERVALS,
  COVERED_CONTAINERS,
  type CoverageCommit,
  type CoverageInterval,
  type CoverageRow,
  type CoverageState,
  type CoveredContainer,
} from '../domain/coverage.ts'
import type { SourceName } from '../domain/event.ts'
import type { CoverageReader } from './coverage.ts'
import type { Row } from './sqlite-row.ts'

const CLOSED = 500

export function coverageReader(db: DatabaseSync): CoverageReader {
  const all = (sql: string, ...values: readonly number[]): Row[] => db.prepare(sql).all(...values) as Row[]
  return {
    coverage: (closed = CLOSED) => ({
      rows: all('SELECT body FROM coverage ORDER BY n').map(
        ({ body }) => JSON.parse(String(body)) as CoverageRow,
      ),
      intervals: [
        ...all('SELECT * FROM coverage_interval WHERE until IS NULL ORDER BY n'),
        ...all('SELECT * FROM coverage_interval WHERE until IS NOT NULL ORDER BY n DESC LIMIT ?', closed),
      ].map(toInterval),
    }),
    coveredContainers: () => all('SELECT * FROM covered_container ORDER BY n').map(toContainer),
  }
}

/** Writes what changed, within the transaction of the batch. */
export function coverageWriter(db: DatabaseSync): (commit: CoverageCommit) => void {
  const row = db.prepare('INSERT OR REPLACE INTO coverage (key, body) VALUES (?, ?)')
  const forget = db.prepare('DELETE FROM coverage WHERE key = ?')
  const container = db.prepare(
    `INSERT OR REPLACE INTO covered_container (source, container, input, node, events, first, last, arrival)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const forgetContainers = db.prepare(
    'DELETE FROM covered_container WHERE n <= (SELECT n FROM covered_container ORDER BY n DESC LIMIT 1 OFFSET ?)',
  )
  const interval = db.prepare(
    `INSERT INTO coverage_interval (key, strategy, assumption, place, state, cause, why, since, until)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key, since) DO UPDATE SET until = excluded.until`,
  )
  const forgetIntervals = db.prepare(
    `DELETE FROM coverage_interval WHERE until IS NOT NULL
     AND n <= (SELECT n FROM coverage_interval ORDER BY n DESC LIMIT 1 OFFSET ?)`,
  )
  return ({ rows, forgotten, containers, intervals }) => {
    for (const key of forgotten) forget.run(key)
    for (const each of rows) row.run(each.key, JSON.stringify(each))
    for (const each of containers) {
      const { source, input, node, events, first, last, lastArrival } = each
      container.run(source, each.container, input, node, events, first, last, lastArrival)
    }
    for (const each of intervals) {
      const { key, strategy, assumption, place, state, cause, why, since, until = null } = each
      interval.run(key, strategy, assumption, place, state, cause, why, since, until)
    }
    if (containers.length > 0) forgetContainers.run(COVERED_CONTAINERS)
    if (intervals.length > 0) forgetIntervals.run(COVERAGE_INTERVALS)
  }
}

function toContainer(row: Row): CoveredContainer {
  return {
    container: String(row['container']),
    source: String(row['source']) as SourceName,
    input: String(row['input']),
    node: String(row['node']),
    events: Number(row['events']),
    first: Number(row['first']),
    last: Number(row['last']),
    lastArrival: Number(row['arrival']),
  }
}

function toInterval(row: Row): CoverageInterval {
  return {
    key: String(row['key']),
    strategy: String(row['strategy']),
    assumption: String(row['assumption']),
    place: String(row['place']),
    state: String(row['state']) as CoverageState,
    cause: String(row['cause']),
    why: String(row['why']),
    since: Number(row['since']),
    ...(row['until'] === null ? {} : { until: Number(row['until']) }),
  }
}
