import type { Silence } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'

/** What is held back for a while, by whom and why. */
export function SilencesPage() {
  const answer = useAnswer<{ readonly items: readonly Silence[] }>('/silences')
  return (
    <Page
      title="Silences"
      lead="Matches that are held back for a while. What they hold back is counted; each ends by itself. New ones are made from an alert (m), or with tallyman silence."
    >
      <Answer of={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">Nothing is silenced.</p>
          ) : (
            <Table
              caption="Silences"
              rows={items.toSorted((a, b) => Number(b.active) - Number(a.active))}
              id={({ id }) => id}
              columns={[
                { name: 'Id', kind: 'head', cell: ({ id }) => <Text mono value={id} /> },
                { name: 'State', kind: 'tight', cell: ({ active }) => (active ? 'active' : 'ended') },
                { name: 'Ends', kind: 'tight', cell: ({ until }) => <Ago time={until} /> },
                {
                  name: 'Matches',
                  cell: ({ match }) => <Text mono value={JSON.stringify(match)} limit={160} />,
                },
                { name: 'Rules', cell: ({ rules }) => <Text value={rules?.join(', ') ?? 'all'} /> },
                { name: 'Owner', cell: ({ owner }) => <Text value={owner} /> },
                { name: 'Reason', cell: ({ reason }) => <Text value={reason} /> },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  )
}
