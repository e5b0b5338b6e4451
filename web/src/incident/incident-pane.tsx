import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { Alert } from '../api/types.ts'
import { useKeys } from '../keys/use-keys.ts'
import { bySeverity } from '../level/level.ts'
import { Failed } from '../parts/answer.tsx'
import { Notice } from '../parts/notice.tsx'
import { SPLIT, THREE_PANES, useMedia } from '../shell/media.ts'
import { SilenceForm } from '../silences/silence-form.tsx'
import { StrategyDocuments } from '../strategy/strategy-documents.tsx'
import { IncidentContent, PARTS } from './incident-content.tsx'
import { IncidentHead } from './incident-head.tsx'
import styles from './incident-pane.module.css'
import { useIncident } from './use-incident.ts'
import { VerdictForm } from './verdict-form.tsx'

/** What is being done about the incident, or about one of its alerts. */
interface Doing {
  readonly what: 'verdict' | 'silence'
  readonly about?: Alert
}

/** An incident: its head stays, its parts scroll; the strategy stands beside it or in its place. */
export function IncidentPane({ id, close }: { readonly id: string; readonly close: () => void }) {
  const { answer, alerts, more, strategies, rules } = useIncident(id)
  const beside = useMedia(THREE_PANES)
  const split = useMedia(SPLIT)
  const [showing, setShowing] = useState<'incident' | 'strategy'>('incident')
  const [doing, setDoing] = useState<Doing>()
  const [said, setSaid] = useState<string>()
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
  const respond = (): void => {
    flushSync(() => setShowing('incident'))
    scroll.current?.querySelector('#response')?.scrollIntoView({ block: 'start' })
  }
  const open = answer.data?.incident.status === 'open'
  const gravest = alerts.toSorted((a, b) => bySeverity(a.level, b.level))[0]
  const begin = (what: Doing['what'], about?: Alert): void => {
    setSaid(undefined)
    setDoing(about === undefined ? { what } : { what, about })
  }
  const done = (what?: string): void => {
    setDoing(undefined)
    setSaid(what)
    pane.current?.focus()
  }
  useKeys({
    v: open ? () => begin('verdict') : undefined,
    m: gravest === undefined ? undefined : () => begin('silence'),
    s: beside ? undefined : () => setShowing(showing === 'incident' ? 'strategy' : 'incident'),
    r: respond,
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
            respond={respond}
            judge={open && doing?.what !== 'verdict' ? () => begin('verdict') : undefined}
            silence={gravest === undefined || doing?.what === 'silence' ? undefined : () => begin('silence')}
          />
          {doing?.what === 'verdict' ? (
            <VerdictForm
              key={doing.about?.id}
              incident={id}
              alerts={alerts.filter(({ status }) => status === 'open')}
              about={doing.about?.id}
              done={() => done()}
            />
          ) : null}
          {doing?.what === 'silence' && gravest !== undefined ? (
            <SilenceForm key={doing.about?.id} alerts={alerts} about={doing.about ?? gravest} done={done} />
          ) : null}
          {said === undefined ? null : (
            <div role="status" className={styles.said}>
              <Notice>{said}</Notice>
            </div>
          )}
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
                <IncidentContent
                  detail={answer.data}
                  alerts={alerts}
                  more={more}
                  rules={rules}
                  begin={begin}
                />
              </div>
            ) : null}
            {beside || showing === 'strategy' ? <StrategyDocuments strategies={strategies} /> : null}
          </div>
        </>
      )}
    </section>
  )
}
