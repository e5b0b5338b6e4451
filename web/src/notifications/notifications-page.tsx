import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { useBase } from '../api/base.ts'
import { ApiFailure, send } from '../api/client.ts'
import type { Notification, SinkSummary, Page as PageOf } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Answer, Failed } from '../parts/answer.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './notifications-page.module.css'

const STATES = ['dead', 'pending', 'delivered'] as const
const EVERY = 10_000

/** What was sent, what is still to be, and what could not be. */
export function NotificationsPage() {
  const summary = useAnswer<{ readonly items: readonly SinkSummary[] }>('/notifications/summary', {
    every: EVERY,
  })
  const [asked, setAsked] = useState<(typeof STATES)[number]>()
  const any = (which: 'dead' | 'pending'): boolean =>
    summary.data?.items.some((sink) => sink[which] > 0) === true
  // What needs somebody comes first; and where nothing does, what went well.
  const state = asked ?? STATES.find((each) => each !== 'delivered' && any(each)) ?? 'delivered'
  const none = summary.error instanceof ApiFailure && summary.error.status === 404
  return (
    <Page title="Notifications" lead="Where alerts are sent, and what could not be delivered.">
      {none ? (
        <Notice>Nothing is sent from here.</Notice>
      ) : (
        <Answer of={summary}>{({ items }) => <Sinks sinks={items} />}</Answer>
      )}
      {none || summary.data?.items.length === 0 ? null : (
        <section className={styles.part}>
          <div className={styles.states} role="group" aria-label="State">
            {STATES.map((each) => (
              <button key={each} type="button" aria-pressed={state === each} onClick={() => setAsked(each)}>
                {each === 'dead' ? 'not delivered' : each}
              </button>
            ))}
          </div>
          <Letters state={state} />
        </section>
      )}
    </Page>
  )
}

function Sinks({ sinks }: { readonly sinks: readonly SinkSummary[] }) {
  const base = useBase()
  const client = useQueryClient()
  const again = useMutation({
    mutationFn: (sink: string) => send(`${base}/notifications/retry`, { sink }),
    onSuccess() {
      void client.invalidateQueries({ queryKey: [base, '/notifications'] })
      void client.invalidateQueries({ queryKey: [base, '/notifications/summary'] })
    },
  })
  if (sinks.length === 0) {
    return (
      <Notice>
        <span>No notification is configured: alerts are seen here and in the terminal only.</span>
        <span className="quiet">
          See <code>notify</code> in docs/configuration.md.
        </span>
      </Notice>
    )
  }
  const table = (
    <Table
      caption="Sinks"
      rows={sinks}
      id={({ sink }) => sink}
      columns={[
        { name: 'Sink', kind: 'head', cell: ({ sink }) => <Text value={sink} /> },
        { name: 'Delivered', kind: 'number', cell: ({ delivered }) => delivered.toLocaleString('en') },
        { name: 'Pending', kind: 'number', cell: ({ pending }) => pending.toLocaleString('en') },
        {
          name: 'Not delivered',
          kind: 'number',
          cell: ({ dead }) =>
            dead === 0 ? '0' : <strong className={styles.dead}>{dead.toLocaleString('en')}</strong>,
        },
        {
          name: 'Oldest pending',
          kind: 'tight',
          cell: ({ oldest }) => (oldest === undefined ? '–' : <Ago time={oldest} />),
        },
        {
          name: 'Last error',
          cell: ({ failing, error }) => <Text value={failing?.error ?? error ?? '–'} limit={200} />,
        },
        {
          name: 'Do',
          kind: 'tight',
          cell: ({ sink, dead }) =>
            dead === 0 ? null : (
              <span className={styles.tools}>
                <button type="button" disabled={again.isPending} onClick={() => again.mutate(sink)}>
                  Send all again
                </button>
              </span>
            ),
        },
      ]}
    />
  )
  return (
    <>
      {again.error === null ? null : <Failed cause={again.error} />}
      {table}
    </>
  )
}

function Letters({ state }: { readonly state: (typeof STATES)[number] }) {
  const base = useBase()
  const client = useQueryClient()
  const answer = useAnswer<PageOf<Notification>>('/notifications', {
    query: { state, limit: 100 },
    every: EVERY,
  })
  const settle = useMutation({
    mutationFn: ({ id, how }: { readonly id: string; readonly how: 'retry' | 'dismiss' }) =>
      send(`${base}/notifications/${encodeURIComponent(id)}/${how}`),
    onSuccess() {
      void client.invalidateQueries({ queryKey: [base, '/notifications'] })
      void client.invalidateQueries({ queryKey: [base, '/notifications/summary'] })
    },
  })
  return (
    <>
      {settle.error === null ? null : <Failed cause={settle.error} />}
      <Answer of={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">None.</p>
          ) : (
            <Table
              caption="Notifications"
              rows={items}
              id={({ id }) => id}
              columns={[
                { name: 'Sink', kind: 'head', cell: ({ sink }) => <Text value={sink} /> },
                { name: 'Created', kind: 'tight', cell: ({ created }) => <Ago time={created} /> },
                {
                  name: 'About',
                  kind: 'tight',
                  cell: ({ incident, alert }) =>
                    incident === undefined ? (
                      <Text mono value={(alert ?? '–').slice(0, 8)} />
                    ) : (
                      <Link href={`/incidents/${incident}?status=all`}>incident {incident.slice(0, 8)}</Link>
                    ),
                },
                { name: 'Attempts', kind: 'number', cell: ({ attempts }) => attempts },
                {
                  name: 'Next',
                  kind: 'tight',
                  cell: ({ next }) => (next === undefined ? '–' : <Ago time={next} />),
                },
                {
                  name: 'Error',
                  cell: ({ error }) => (error === undefined ? '–' : <Text value={error} limit={200} />),
                },
                {
                  name: 'Do',
                  kind: 'tight',
                  cell: ({ id }) =>
                    state !== 'dead' ? null : (
                      <span className={styles.tools}>
                        <button
                          type="button"
                          disabled={settle.isPending}
                          onClick={() => settle.mutate({ id, how: 'retry' })}
                        >
                          Send again
                        </button>
                        <button
                          type="button"
                          disabled={settle.isPending}
                          onClick={() => settle.mutate({ id, how: 'dismiss' })}
                        >
                          Dismiss
                        </button>
                      </span>
                    ),
                },
              ]}
            />
          )
        }
      </Answer>
    </>
  )
}
