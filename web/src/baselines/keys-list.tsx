import { useInfiniteQuery } from '@tanstack/react-query'
import { useBase } from '../api/base.ts'
import { ask } from '../api/client.ts'
import type { Baseline, BaselineHead, BaselineKey, FoundKey, Page } from '../api/types.ts'
import { Failed } from '../parts/answer.tsx'
import { Text } from '../text/text.tsx'
import styles from './baselines.module.css'
import { KeysTable } from './keys-table.tsx'
import type { KeysFilter } from './use-keys-filter.ts'

const PAGE = 100

/** The keys of one baseline page by page, or the first that fit of all. */
export function KeysList({
  filter: { rule, status, text },
  baselines,
}: {
  readonly filter: KeysFilter
  readonly baselines: readonly Baseline[]
}) {
  const base = useBase()
  const isOne = rule !== ''
  const answer = useInfiniteQuery({
    queryKey: [base, isOne ? '/baselines/keys' : '/baselines/search', { rule, status, text }],
    queryFn: ({ pageParam, signal }) =>
      isOne
        ? ask<Page<BaselineKey>>(
            `${base}/baselines/keys`,
            { rule, status, text, limit: PAGE, after: pageParam },
            signal,
          )
        : ask<Page<FoundKey>>(`${base}/baselines/search`, { status, text, limit: PAGE }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })
  if (answer.error !== null) return <Failed cause={answer.error} />
  if (answer.data === undefined) return <p className="quiet">Loading…</p>
  const about = baselines.find((each) => [each.rule, each.name, each.title].includes(rule))
  const keys = answer.data.pages.flatMap(({ items }) => [...items])
  return (
    <section className={styles.part} aria-label="Keys">
      {about === undefined ? null : <About baseline={about} />}
      {keys.length === 0 ? <p className="quiet">No key is so.</p> : <KeysTable keys={keys} about={about} />}
      {!isOne && keys.length >= PAGE ? (
        <p className="quiet">The first {PAGE}: choose a baseline, or search for more of a name.</p>
      ) : null}
      {answer.hasNextPage ? (
        <button
          type="button"
          className={styles.more}
          disabled={answer.isFetching}
          onClick={() => void answer.fetchNextPage()}
        >
          More keys
        </button>
      ) : null}
    </section>
  )
}

function About({ baseline: { title, words, of } }: { readonly baseline: BaselineHead }) {
  return (
    <div>
      <h2>
        <Text value={title} />
      </h2>
      <p className={styles.words}>
        <Text value={words} limit={300} />
        {of.length === 0 ? null : <Text value={`; one key for each ${of.join(', ')}`} />}
      </p>
    </div>
  )
}
