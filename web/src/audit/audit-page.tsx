import type { AuditRow } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Text } from '../text/text.tsx'
import { exactly, utc } from '../text/time.ts'

/** Who changed what: append-only. */
export function AuditPage() {
  const answer = useAnswer<{ readonly items: readonly AuditRow[] }>('/audit', { query: { limit: 500 } })
  return (
    <Page title="Audit trail" lead="Every change with who made it. Rows are only ever added. Times are UTC.">
      <Answer of={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">Nobody has changed anything yet.</p>
          ) : (
            <Table
              caption="Audit trail"
              rows={items.map((row, n) => ({ ...row, n }))}
              id={({ n }) => String(n)}
              columns={[
                {
                  name: 'Time',
                  kind: 'tight',
                  cell: ({ at }) => <span title={exactly(Date.parse(at))}>{utc(Date.parse(at))}</span>,
                },
                { name: 'Who', kind: 'tight', cell: ({ actor }) => <Text value={actor} /> },
                { name: 'What', kind: 'tight', cell: ({ action }) => <Text value={action} /> },
                {
                  name: 'Detail',
                  cell: ({ detail }) => <Text mono value={JSON.stringify(detail)} limit={240} />,
                },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  )
}
