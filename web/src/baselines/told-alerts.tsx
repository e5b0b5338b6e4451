import { Link } from 'wouter'
import type { WholeKey } from '../api/types.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { measured } from '../text/number.ts'
import { Text } from '../text/text.tsx'
import { utc } from '../text/time.ts'
import styles from './baselines.module.css'

/** Moments of an alert that a row names. */
const NAMED = 5

/** The alerts that tell something of a key, each with its incident. */
export function ToldAlerts({
  of: { alerts, baseline },
}: {
  readonly of: Pick<WholeKey, 'alerts' | 'baseline'>
}) {
  if (alerts.length === 0)
    return (
      <p className="quiet">
        {baseline.alert
          ? 'Nothing that is kept.'
          : 'It raises no alert: it is a weak signal, and counts in risks and correlations.'}
      </p>
    )
  return (
    <Table
      caption="Alerts that tell of the key"
      rows={alerts}
      id={({ id }) => id}
      columns={[
        {
          name: 'Level',
          kind: 'tight',
          cell: ({ level, status }) => <LevelMark level={level} quiet={status === 'closed'} />,
        },
        {
          name: 'Alert',
          kind: 'head',
          cell: ({ rule, incident }) => (
            <Link href={`/incidents/${encodeURIComponent(incident)}?status=all`}>
              <Text value={rule.title} />
            </Link>
          ),
        },
        { name: 'When', kind: 'tight', cell: ({ time }) => <Ago time={time} /> },
        {
          name: 'What',
          cell: ({ moments }) => (
            <Text
              mono
              value={moments
                .slice(0, NAMED)
                .map(({ time, value, reason }) => `${utc(time).slice(0, 16)} ${valueWords(value) ?? reason}`)
                .join(', ')}
            />
          ),
        },
        { name: 'Status', kind: 'tight', cell: ({ status }) => status },
      ]}
    />
  )
}

function valueWords(value: string | number | undefined): string | undefined {
  return typeof value === 'number' ? measured(value) : value
}

/** What people approved and forgot. */
export function PeoplesChanges({ changes }: Pick<WholeKey, 'changes'>) {
  if (changes.length === 0) return null
  return (
    <section className={styles.part} aria-labelledby="changes">
      <h2 id="changes">Changed by people</h2>
      <Table
        caption="What people changed"
        rows={changes.map((each, n) => ({ ...each, n }))}
        id={({ n }) => String(n)}
        columns={[
          { name: 'When', kind: 'tight', cell: ({ at }) => <Ago time={at} /> },
          { name: 'Who', kind: 'head', cell: ({ actor }) => <Text value={actor} /> },
          {
            name: 'What',
            kind: 'tight',
            cell: ({ action }) => (action === 'baseline.approve' ? 'approved' : 'forgot'),
          },
          {
            name: 'Value',
            cell: ({ value }) =>
              value === undefined ? (
                <span className="quiet">all of it</span>
              ) : (
                <Text mono value={value} limit={160} />
              ),
          },
        ]}
      />
    </section>
  )
}
