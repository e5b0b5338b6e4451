import { useEffect, useRef, useState } from 'react'
import { useKeys } from '../keys/use-keys.ts'
import { Failed } from '../parts/answer.tsx'
import { SPLIT, THREE_PANES, useMedia } from '../shell/media.ts'
import { StrategyDocuments } from '../strategy/strategy-documents.tsx'
import { IncidentContent, PARTS } from './incident-content.tsx'
import { IncidentHead } from './incident-head.tsx'
import styles from './incident-pane.module.css'
import { useIncident } from './use-incident.ts'
import { VerdictForm } from './verdict-form.tsx'

/** An incident: its head stays, its parts scroll; the strategy stands beside it or in its place. */
export function IncidentPane({ id, close }: { readonly id: string; readonly close: () => void }) {
  const { answer, alerts, more, strategies, rules } = useIncident(id)
  const beside = useMedia(THREE_PANES)
  const split = useMedia(SPLIT)
  const [showing, setShowing] = useState<'incident' | 'strategy'>('incident')
  const [judging, setJudging] = useState(false)
  const pane = useRef<HTMLElement>(null)
  const scroll = useRef<HTMLDivElement>(null)

  // On its own page the incident is what the reader came for; beside the queue the keys stay there.
  useEffect(() => {
    if (!split) pane.current?.focus()
  }, [split])

  const jump = (by: number): void => {
    const parts = PARTS.flatMap((part) => scroll.current?.querySelector<HTMLElement>(`#${part}`) ?? [])
    const top = scroll.current?.getBoundingClientRect().top ?? 0
    const at = parts.findLastIndex((part) => part.getBoundingClientRect().top - top < 12)
    parts[Math.min(Math.max(at + by, 0), parts.length - 1)]?.scrollIntoView({ block: 'start' })
  }
  const open = answer.data?.incident.status === 'open'
  useKeys({
    v: open ? () => setJudging(true) : undefined,
    s: beside ? undefined : () => setShowing(showing === 'incident' ? 'strategy' : 'incident'),
    '[': () => jump(-1),
    ']': () => jump(1),
  })

  return (
    <section ref={pane} className={styles.pane} aria-label="Incident" tabIndex={-1}>
      {answer.error !== null && answer.data === undefined ? (
        <div className={styles.failed}>
          <button type="button" onClick={close}>
            Back
          </button>
          <Failed cause={answer.error} />
        </div>
      ) : null}
      {answer.data === undefined ? null : (
        <>
          <IncidentHead
            incident={answer.data.incident}
            alerts={alerts}
            close={close}
            judge={open && !judging ? () => setJudging(true) : undefined}
          />
          {judging ? (
            <VerdictForm
              incident={id}
              alerts={alerts.filter(({ status }) => status === 'open')}
              done={() => setJudging(false)}
            />
          ) : null}
          {beside ? null : (
            <div className={styles.tabs} role="group" aria-label="Shown">
              <button
                type="button"
                aria-pressed={showing === 'incident'}
                onClick={() => setShowing('incident')}
              >
                Incident
              </button>
              <button
                type="button"
                aria-pressed={showing === 'strategy'}
                onClick={() => setShowing('strategy')}
              >
                {strategies.length > 1 ? `Strategies ${strategies.length}` : 'Strategy'} <kbd>s</kbd>
              </button>
            </div>
          )}
          <div className={styles.body}>
            {beside || showing === 'incident' ? (
              // Scrolls, so that the keyboard must reach it.
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              <div ref={scroll} className={styles.scroll} tabIndex={0} role="region" aria-label="Evidence">
                <IncidentContent detail={answer.data} alerts={alerts} more={more} rules={rules} />
              </div>
            ) : null}
            {beside || showing === 'strategy' ? <StrategyDocuments strategies={strategies} /> : null}
          </div>
        </>
      )}
    </section>
  )
}
