import { Link, useSearch } from 'wouter'
import type { LearnedAbout } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Text } from '../text/text.tsx'
import { KeysTable } from './keys-table.tsx'

/** What was learned of one workload: the keys of all baselines that are about it. */
export default function AboutPage() {
  const search = new URLSearchParams(useSearch())
  const [incident, container] = [search.get('incident') ?? '', search.get('container') ?? '']
  const answer = useAnswer<LearnedAbout>('/baselines/about', { query: { incident, container } })
  return (
    <Page
      title="What was learned"
      lead={
        answer.data === undefined ? undefined : (
          <>
            Of <Text value={answer.data.label} limit={120} />, and of what shares its image or its owner.
            {incident === '' ? null : (
              <>
                {' '}
                <Link href={`/incidents/${encodeURIComponent(incident)}`}>Back to the incident</Link>
              </>
            )}
          </>
        )
      }
    >
      <Answer of={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">No baseline has a key that is about it.</p>
          ) : (
            <KeysTable
              keys={items.flatMap(({ baseline, keys }) => keys.map((key) => ({ ...key, baseline })))}
              about={undefined}
            />
          )
        }
      </Answer>
    </Page>
  )
}
