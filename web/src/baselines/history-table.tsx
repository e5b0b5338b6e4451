import { useState } from 'react'
import { Table } from '../parts/table.tsx'
import { measured } from '../text/number.ts'
import { utc } from '../text/time.ts'
import styles from './history-figure.module.css'
import { cellAt, type History } from './history.ts'

/** Rows that are shown: the newest. */
const SHOWN = 200

/** The same as a table, for those who do not see the picture; made when it is asked for. */
export function HistoryTable({
  history,
  range,
}: {
  readonly history: History
  readonly range: readonly [number, number] | undefined
}) {
  const [open, setOpen] = useState(false)
  return (
    <details className={styles.table} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {open ? (
        <Table
          caption="History, the newest first; UTC"
          rows={rowsOf(history, range)}
          id={(row) => String(row)}
          columns={[
            {
              name: 'Time',
              kind: 'head',
              cell: (row) => utc((history.times[row] ?? 0) * 1_000).slice(0, 16),
            },
            { name: 'Least', kind: 'number', cell: (row) => word(cellAt(history.least, row)) },
            { name: 'Largest', kind: 'number', cell: (row) => word(cellAt(history.most, row)) },
            { name: 'Bucket', kind: 'number', cell: (row) => word(history.bucket[row] ?? undefined) },
            { name: 'Usual', kind: 'number', cell: (row) => word(cellAt(history.median, row)) },
            { name: 'From', kind: 'number', cell: (row) => word(cellAt(history.low, row)) },
            { name: 'To', kind: 'number', cell: (row) => word(cellAt(history.high, row)) },
          ]}
        />
      ) : null}
    </details>
  )
}

function word(value: number | undefined): string {
  return value === undefined ? '' : measured(value)
}

/** Rows with something to say, the newest first. */
function rowsOf(history: History, range: readonly [number, number] | undefined): readonly number[] {
  const found: number[] = []
  for (let row = history.times.length - 1; row >= 0 && found.length < SHOWN; row -= 1) {
    const time = history.times[row] ?? 0
    const isShown = range === undefined || (time >= range[0] && time <= range[1])
    const says = typeof history.most[row] === 'number' || history.bucket[row] !== undefined
    if (isShown && says) found.push(row)
  }
  return found
}
