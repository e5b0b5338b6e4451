import { useMemo, useState } from 'react'
import { eventWords } from '../../../src/domain/event-words.ts'
import type { Resource } from '../api/types.ts'
import { LanesPicture } from '../chart/lanes-picture.tsx'
import { utc } from '../text/time.ts'
import { visibleText } from '../text/visible.ts'
import { Evidence } from './evidence.tsx'
import styles from './lanes-figure.module.css'
import { lanesOf, type LaneRow } from './lanes-of.ts'
import { LanesTable } from './lanes-table.tsx'

const NONE: readonly string[] = []

/** Events on one time axis, a lane a rule; the one that is looked at stands below with its fields. */
export function LanesFigure({
  rows,
  expected = NONE,
  label,
  note,
  read = NONE,
  known = {},
  table = false,
}: {
  readonly rows: readonly LaneRow[]
  /** Rules that have a lane also where they saw nothing. */
  readonly expected?: readonly string[] | undefined
  readonly label: string
  readonly note?: string | undefined
  /** Fields that are shown first. */
  readonly read?: readonly string[]
  readonly known?: Resource
  /** Whether it has a table of its own, where nothing beside it says the same. */
  readonly table?: boolean
}) {
  const lanes = useMemo(() => lanesOf(rows, expected), [rows, expected])
  const [at, setAt] = useState<number>()
  const row = at === undefined ? undefined : lanes.rows[at]
  const words =
    row === undefined || at === undefined
      ? `${lanes.rows.length} events`
      : `${at + 1} of ${lanes.rows.length}: ${utc(Date.parse(row.evidence.time))}, ${visibleText(row.rule)}: ${visibleText(eventWords(row.evidence) || row.evidence.logsource).slice(0, 300)}`
  return (
    <figure className={styles.figure}>
      <LanesPicture
        names={lanes.names}
        events={lanes.events}
        at={at}
        setAt={setAt}
        words={words}
        label={label}
      />
      <figcaption className={styles.caption}>
        <span>{note ?? `${lanes.rows.length.toLocaleString('en')} events`}</span>
        <span>point at one, or go with ← →</span>
        <span>UTC</span>
      </figcaption>
      {row === undefined ? null : <Evidence evidence={row.evidence} read={read} known={known} />}
      {table ? <LanesTable rows={lanes.rows} /> : null}
    </figure>
  )
}
