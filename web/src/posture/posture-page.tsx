import { useInfiniteQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useBase } from '../api/base.ts'
import { ask } from '../api/client.ts'
import type { Alert, Page as PageOf } from '../api/types.ts'
import { useKeys } from '../keys/use-keys.ts'
import { Failed } from '../parts/answer.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { AdoptForm } from './adopt-form.tsx'
import { EntityFindings } from './entity-findings.tsx'
import { groupByEntity } from './group.ts'
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
  const open = alerts.filter(({ status }) => status === 'open').map(({ id }) => id)
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const chosen = open.filter((id) => picked.has(id))
  const [adopting, setAdopting] = useState(false)
  const [said, setSaid] = useState<string>()
  const page = useRef<HTMLDivElement>(null)

  const choose = (ids: readonly string[], on: boolean): void => {
    const next = new Set(picked)
    for (const id of ids) if (on) next.add(id)
    for (const id of ids) if (!on) next.delete(id)
    setPicked(next)
  }
  const adopt = (): void => {
    setSaid(undefined)
    setAdopting(true)
  }
  const step = (by: number): void => {
    const boxes = [...(page.current?.querySelectorAll<HTMLInputElement>('li input[type=checkbox]') ?? [])]
    const at = boxes.findIndex((box) => box === document.activeElement)
    const next = boxes[at === -1 ? 0 : Math.min(Math.max(at + by, 0), boxes.length - 1)]
    next?.focus()
    next?.scrollIntoView({ block: 'nearest' })
  }
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    'Shift A': () => choose(open, chosen.length < open.length),
    a: chosen.length > 0 ? adopt : undefined,
  })

  return (
    <Page
      title="Posture"
      lead="What already ran when this machine was first read. It is no news and raises no alert; what of it is meant to be can be adopted, for a time: the filters expire."
    >
      {answer.error === null ? null : <Failed cause={answer.error} />}
      {answer.data !== undefined && alerts.length === 0 ? (
        <p className="quiet">Nothing stood out at the first start.</p>
      ) : null}
      {said === undefined ? null : (
        <div role="status">
          <Notice>{said}</Notice>
        </div>
      )}
      {open.length === 0 ? null : (
        <div className={styles.adopt}>
          <div className={styles.tools}>
            <button type="button" onClick={() => choose(open, chosen.length < open.length)}>
              {chosen.length < open.length ? `Choose all ${open.length}` : 'Choose none'} <kbd>Shift A</kbd>
            </button>
            <button
              type="button"
              className={adopting ? '' : 'primary'}
              disabled={chosen.length === 0 || adopting}
              onClick={adopt}
            >
              Adopt {chosen.length === 0 ? '' : chosen.length}… <kbd>a</kbd>
            </button>
            <span className="quiet">
              {open.length} open{alerts.length > open.length ? `, ${alerts.length - open.length} closed` : ''}
            </span>
          </div>
          {adopting ? (
            <AdoptForm
              alerts={chosen}
              done={(what) => {
                setAdopting(false)
                setSaid(what)
              }}
            />
          ) : null}
        </div>
      )}
      <div ref={page} className={styles.entities}>
        {groupByEntity(alerts).map((found) => (
          <EntityFindings key={found.key} found={found} picked={picked} choose={choose} />
        ))}
      </div>
      {answer.hasNextPage ? (
        <button type="button" className={styles.more} onClick={() => void answer.fetchNextPage()}>
          More
        </button>
      ) : null}
    </Page>
  )
}
