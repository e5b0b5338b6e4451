import { useState } from 'react'
import { eventWords } from '../../../src/domain/event-words.ts'
import { Table } from '../parts/table.tsx'
import { Text } from '../text/text.tsx'
import { utc } from '../text/time.ts'
import styles from './lanes-figure.module.css'
import type { LaneRow } from './lanes-of.ts'

const SHOWN = 100

/** The events of a picture as a table, for those who do not see it; made when it is asked for. */
export function LanesTable({ rows }: { readonly rows: readonly LaneRow[] }) {
  const [open, setOpen] = useState(false)
  return (
    <details className={styles.table} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {open ? (
        <Table
          caption="Events in their order; UTC"
          rows={rows.slice(0, SHOWN).map((row, n) => ({ ...row, n }))}
          id={({ n }) => String(n)}
          columns={[
            {
              name: 'Time',
              kind: 'tight',
              cell: ({ evidence }) => utc(Date.parse(evidence.time)),
            },
            { name: 'Rule', kind: 'head', cell: ({ rule }) => <Text value={rule} limit={120} /> },
            { name: 'Source', kind: 'tight', cell: ({ evidence }) => <Text value={evidence.source} /> },
            {
              name: 'What',
              cell: ({ evidence }) => (
                <Text mono value={eventWords(evidence) || evidence.logsource} limit={200} />
              ),
            },
          ]}
        />
      ) : null}
    </details>
  )
}
