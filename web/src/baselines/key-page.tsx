import { useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import type { WholeKey } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './baselines.module.css'
import { ChangeKey, type Change } from './change-key.tsx'
import { HistoryFigure } from './history-figure.tsx'
import { KeyState } from './key-state.tsx'
import { LearningProgress } from './learning-progress.tsx'
import { momentsOf } from './moments.ts'
import { PeoplesChanges, ToldAlerts } from './told-alerts.tsx'
import { ALL_KEYS, keysPlace } from './use-keys-filter.ts'
import { ValuesTable } from './values-table.tsx'

/** Buckets end every few minutes: asked again so often, ms. */
const EVERY = 30_000

/** One key of a baseline: what it learned, what was told of it, and what people may change. */
export default function KeyPage() {
  const search = new URLSearchParams(useSearch())
  const [rule, key] = [search.get('rule') ?? '', search.get('key') ?? '']
  const answer = useAnswer<WholeKey>('/baselines/key', { query: { rule, key }, every: EVERY })
  const [change, setChange] = useState<Change>()
  const [, go] = useLocation()
  const about = answer.data?.baseline
  return (
    <Page
      title={about?.title ?? 'Baseline'}
      lead={about === undefined ? undefined : <Text value={about.words} limit={300} />}
      actions={
        <span className={styles.tools}>
          <button type="button" onClick={() => setChange({ verb: 'approve' })}>
            Approve…
          </button>
          <button type="button" onClick={() => setChange({ verb: 'forget' })}>
            Forget…
          </button>
        </span>
      }
    >
      <Answer of={answer}>
        {(found) => (
          <>
            <Facts of={found} />
            {found.state === 'learning' ? <LearningProgress of={found} /> : null}
            {found.baseline.type === 'spike' ? (
              <section className={styles.part} aria-labelledby="history">
                <h2 id="history">History</h2>
                <HistoryFigure of={found} moments={momentsOf(found)} />
              </section>
            ) : null}
            {found.learned.values === undefined ? null : (
              <section className={styles.part} aria-labelledby="values">
                <h2 id="values">Values {found.learned.values.length.toLocaleString('en')}</h2>
                <ValuesTable of={found} begin={setChange} />
              </section>
            )}
            <section className={styles.part} aria-labelledby="told">
              <h2 id="told">Told</h2>
              <ToldAlerts of={found} />
            </section>
            <PeoplesChanges changes={found.changes} />
            {change === undefined ? null : (
              <ChangeKey
                of={found}
                change={change}
                cancel={() => setChange(undefined)}
                done={() => {
                  setChange(undefined)
                  if (change.verb === 'forget' && change.value === undefined)
                    go(keysPlace({ ...ALL_KEYS, rule }))
                }}
              />
            )}
          </>
        )}
      </Answer>
    </Page>
  )
}

function Facts({
  of: { of, state, first, last, samples, days, held, learned, baseline },
}: {
  readonly of: WholeKey
}) {
  return (
    <dl className={styles.facts}>
      {Object.entries(of).map(([name, value]) => (
        <div key={name}>
          <dt>
            <Text value={name} />
          </dt>
          <dd>
            <Text mono value={value} limit={200} />
          </dd>
        </div>
      ))}
      <div>
        <dt>state</dt>
        <dd>
          <KeyState state={state} />
          {learned.drifted === undefined ? null : (
            <>
              {' '}
              since <Ago time={new Date(learned.drifted).toISOString()} />
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>observations</dt>
        <dd>{samples.toLocaleString('en')}</dd>
      </div>
      <div>
        <dt>on days</dt>
        <dd>{days}</dd>
      </div>
      <div>
        <dt>first, last</dt>
        <dd>
          <Ago time={first} />, <Ago time={last} />
        </dd>
      </div>
      {held === 0 ? null : (
        <div>
          <dt>held back</dt>
          <dd>
            {held} {held === 1 ? 'hour' : 'hours'}, because of an incident
          </dd>
        </div>
      )}
      <div>
        <dt>strategy</dt>
        <dd>
          <Link href={`/strategies/${encodeURIComponent(baseline.strategy)}`}>
            <Text value={baseline.strategy} />
          </Link>
        </dd>
      </div>
    </dl>
  )
}
