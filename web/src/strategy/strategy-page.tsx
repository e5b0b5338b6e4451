import { Link } from 'wouter'
import type { Page as PageOf, Incident, Strategy } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { isLevel } from '../level/level.ts'
import { StrategyLevel } from '../level/strategy-level.tsx'
import { Answer } from '../parts/answer.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import Markdown from './markdown.tsx'
import styles from './strategy-page.module.css'

/** One strategy: its document, and beside it how far it is proven and what it has found. */
export default function StrategyPage({ id }: { readonly id: string }) {
  const answer = useAnswer<Strategy>(`/strategies/${encodeURIComponent(id)}`)
  return (
    <Page title={answer.data?.title ?? id} lead={<Text mono value={id} />}>
      <Answer of={answer}>
        {(strategy) => (
          <div className={styles.columns}>
            <div className={styles.document}>
              <Markdown text={strategy.text} title={false} />
            </div>
            <aside className={styles.facts} aria-label="About this strategy">
              <Level strategy={strategy} />
              <Rules strategy={strategy} />
              <Found strategy={strategy.id} />
            </aside>
          </div>
        )}
      </Answer>
    </Page>
  )
}

function Level({ strategy }: { readonly strategy: Strategy }) {
  const missing = strategy.next
  const { lint, refused, owner, review } = strategy
  return (
    <section>
      <h2>Level</h2>
      {strategy.level === undefined ? null : <StrategyLevel level={strategy.level} />}
      {missing.length === 0 ? null : (
        <>
          <p className="quiet">What the next one needs</p>
          <ul className={styles.missing}>
            {missing.map((each) => (
              <li key={each}>
                <Text value={each} />
              </li>
            ))}
          </ul>
        </>
      )}
      {refused.map(({ message, line }) => (
        <Notice key={`${line}${message}`} kind="bad">
          <Text value={`line ${line}: ${message}`} />
        </Notice>
      ))}
      {lint.map(({ id, line, message, severity }) => (
        <Notice key={`${id}${line}${message}`} kind={severity === 'error' ? 'bad' : 'plain'}>
          <Text value={`${id}, line ${line}: ${message}`} />
        </Notice>
      ))}
      <p className="quiet">
        <Text
          value={[owner === undefined ? '' : `owner ${owner}`, reviewed(review)].filter(Boolean).join(' · ')}
        />
      </p>
    </section>
  )
}

function reviewed({ due }: Strategy['review']): string {
  return due === undefined ? '' : `review due ${due}`
}

function Rules({ strategy }: { readonly strategy: Strategy }) {
  return (
    <section>
      <h2>Rules {strategy.rules.length}</h2>
      <ul className={styles.rules}>
        {strategy.rules.map(
          ({ id, title, level, weakened, unsetLists, baseline, correlation = baseline, signalOf }) => (
            <li key={id}>
              {isLevel(level) ? <LevelMark level={level} /> : <span>{level}</span>}
              <span>
                <Text value={title} />
                {correlation === undefined ? null : (
                  <span className={styles.unset}>
                    <Text value={correlation} />
                  </span>
                )}
                {signalOf === undefined ? null : (
                  <span className={styles.unset}>
                    <Text value={`a signal of ${signalOf.join(', ')}: raises no alert itself`} />
                  </span>
                )}
                {unsetLists.length === 0 ? null : (
                  <span className={styles.unset}>
                    <Text
                      value={`${weakened ? 'sees less' : 'exempts nobody'}: ${unsetLists.join(', ')} not set`}
                    />
                  </span>
                )}
              </span>
            </li>
          ),
        )}
      </ul>
    </section>
  )
}

function Found({ strategy }: { readonly strategy: string }) {
  const answer = useAnswer<PageOf<Incident>>('/incidents', { query: { strategy, limit: 10 } })
  const incidents = answer.data?.items.filter(({ kind }) => kind === 'incident') ?? []
  return (
    <section>
      <h2>Found last</h2>
      {incidents.length === 0 ? <p className="quiet">Nothing yet.</p> : null}
      <ul className={styles.rules}>
        {incidents.map((incident) => (
          <li key={incident.id}>
            <LevelMark level={incident.level} quiet={incident.status === 'closed'} />
            <span className={styles.found}>
              <Link href={`/incidents/${incident.id}?strategy=${encodeURIComponent(strategy)}&status=all`}>
                <Text value={incident.label} limit={80} fixed />
              </Link>
              <span className="quiet">
                <Ago time={incident.last} />
              </span>
            </span>
          </li>
        ))}
      </ul>
      {incidents.length === 0 ? null : (
        <Link href={`/?strategy=${encodeURIComponent(strategy)}&status=all`}>All in the queue</Link>
      )}
    </section>
  )
}
