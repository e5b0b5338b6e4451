import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useBase } from '../api/base.ts'
import { ask } from '../api/client.ts'
import type { Alert, Page as PageOf } from '../api/types.ts'
import { Evidence } from '../incident/evidence.tsx'
import { LevelMark } from '../level/level-mark.tsx'
import { Failed } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { imageLabel } from '../queue/entity-parts.ts'
import { Copy } from '../text/copy.tsx'
import { Text } from '../text/text.tsx'
import { groupByRule, nameOf } from './group.ts'
import styles from './posture-page.module.css'

/** What already ran when the inputs were first read: a report, not a queue. */
export function PosturePage() {
  const base = useBase()
  const answer = useInfiniteQuery({
    queryKey: [base, '/posture'],
    queryFn: ({ pageParam, signal }) =>
      ask<PageOf<Alert>>(`${base}/posture`, { limit: 500, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })
  const alerts = answer.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Page
      title="Posture"
      lead="What already ran when this machine was first read. It is no news and raises no alert; what of it is meant to be can be adopted, for a time: the filters expire."
      actions={
        alerts.length === 0 ? undefined : (
          <span className={styles.adopt}>
            <code>tallyman adopt --help</code>
            <Copy value="tallyman adopt --help" what="the command" />
          </span>
        )
      }
    >
      {answer.error === null ? null : <Failed cause={answer.error} />}
      {answer.data !== undefined && alerts.length === 0 ? (
        <p className="quiet">Nothing stood out at the first start.</p>
      ) : null}
      {groupByRule(alerts).map(({ rule, level, alerts: hit }) => (
        <section key={rule.id} className={styles.rule}>
          <h2>
            <LevelMark level={level} /> <Text value={rule.title} />{' '}
            <span className="quiet">{hit.length} found</span>
          </h2>
          <ul>
            {hit.map((alert) => (
              <Entry key={alert.id} alert={alert} />
            ))}
          </ul>
        </section>
      ))}
      {answer.hasNextPage ? (
        <button type="button" className={styles.more} onClick={() => void answer.fetchNextPage()}>
          More
        </button>
      ) : null}
    </Page>
  )
}

function Entry({ alert }: { readonly alert: Alert }) {
  const [open, setOpen] = useState(false)
  const [evidence] = alert.evidence
  return (
    <li>
      <button type="button" className={styles.entry} aria-expanded={open} onClick={() => setOpen(!open)}>
        <strong>
          <Text value={nameOf(alert.entity)} limit={100} fixed />
        </strong>
        <span className="quiet">
          <Text value={imageLabel(alert.entity)} limit={120} fixed />
        </span>
        <span className={styles.status}>
          {alert.status === 'open' ? '' : (alert.verdict ?? alert.status)}
        </span>
      </button>
      {open && evidence !== undefined ? <Evidence evidence={evidence} read={[]} /> : null}
    </li>
  )
}
