import type { Finding } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { asText } from '../../../src/domain/field-of.ts'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import { duration, exactly, utc } from '../text/time.ts'

/** What could not be seen: each an interval in which nothing can be concluded. */
export function FindingsPage() {
  const answer = useAnswer<{ readonly items: readonly Finding[] }>('/findings', { query: { limit: 500 } })
  return (
    <Page
      title="Findings"
      lead="What Tallyman could not see. Silence in one of these intervals means nothing. The newest come first; times are UTC."
    >
      <Answer of={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">Nothing went unseen.</p>
          ) : (
            <Table
              caption="Findings"
              rows={items}
              id={({ id }) => id}
              columns={[
                { name: 'Kind', kind: 'tight', cell: ({ kind }) => kind.replaceAll('-', ' ') },
                { name: 'About', kind: 'tight', cell: ({ about }) => <Text value={about} limit={60} /> },
                { name: 'Interval', kind: 'tight', cell: (finding) => <Interval finding={finding} /> },
                { name: 'What', cell: ({ message }) => <Text value={message} /> },
                {
                  name: 'Concerns',
                  kind: 'tight',
                  cell: ({ resource }) =>
                    resource === undefined ? null : (
                      <Text
                        value={asText(
                          resource['container.name'] ?? resource['k8s.pod.name'] ?? resource['host.name'],
                        )}
                      />
                    ),
                },
                { name: 'Ended', kind: 'tight', cell: ({ until }) => <Ago time={until} /> },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  )
}

function Interval({ finding: { since, until } }: { readonly finding: Finding }) {
  const [from, to] = [Date.parse(since), Date.parse(until)]
  // One that is open at its beginning starts before every date.
  if (from < 0) return <span title={`until ${exactly(to)}`}>until {utc(to)}</span>
  return (
    <span title={`${exactly(from)}\n${exactly(to)}`}>
      {utc(from)}
      {to > from ? ` for ${duration(to - from)}` : ''}
    </span>
  )
}
