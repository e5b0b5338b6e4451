import { Link } from 'wouter'
import type { StrategyHead } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { LEVEL_MEANINGS, StrategyLevel } from '../level/strategy-level.tsx'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Text } from '../text/text.tsx'
import styles from './strategies-page.module.css'

/** All strategies: how far each is proven, and what it consists of. */
export function StrategiesPage() {
  const answer = useAnswer<{ readonly items: readonly StrategyHead[] }>('/strategies')
  return (
    <Page
      title="Strategies"
      lead="One document, one strategy. Its level is computed from what of it runs and was shown to work, never declared."
    >
      <Answer of={answer}>
        {({ items }) => (
          <Table
            caption="Strategies"
            rows={items}
            id={({ id }) => id}
            columns={[
              {
                name: 'Level',
                kind: 'tight',
                cell: ({ level }) => (level === undefined ? '–' : <StrategyLevel level={level} />),
              },
              {
                name: 'Strategy',
                kind: 'head',
                cell: ({ id, title }) => (
                  <>
                    <Link href={`/strategies/${encodeURIComponent(id)}`}>
                      <Text value={title} />
                    </Link>
                    <span className={styles.id}>
                      <Text mono value={id} />
                    </span>
                  </>
                ),
              },
              { name: 'ATT&CK', cell: ({ attack }) => <Text value={attack.join(' ')} /> },
              { name: 'Rules', kind: 'number', cell: ({ rules }) => rules },
              { name: 'Tests', kind: 'number', cell: ({ tests }) => tests },
              { name: 'Filters', kind: 'number', cell: ({ filters }) => filters },
              { name: 'Steps', kind: 'number', cell: ({ steps }) => steps },
              {
                name: 'Lint',
                kind: 'tight',
                cell: ({ lint: { errors, warnings } }) =>
                  errors + warnings === 0 ? (
                    <span className="quiet">clean</span>
                  ) : (
                    [errors > 0 ? `${errors} errors` : '', warnings > 0 ? `${warnings} warnings` : '']
                      .filter(Boolean)
                      .join(', ')
                  ),
              },
              {
                name: 'Status',
                kind: 'tight',
                cell: ({ status, version }) => <Text value={[status, version].filter(Boolean).join(' ')} />,
              },
            ]}
          />
        )}
      </Answer>
      <dl className={styles.levels} aria-label="What the levels mean">
        {Object.entries(LEVEL_MEANINGS).map(([level, meaning]) => (
          <div key={level}>
            <dt>{level}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Page>
  )
}
