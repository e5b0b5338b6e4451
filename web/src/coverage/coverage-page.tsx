import { Link } from 'wouter'
import type { Coverage, SourceCoverage, StrategyCoverage } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { StrategyLevel } from '../level/strategy-level.tsx'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './coverage-page.module.css'
import { CoverageState } from './coverage-state.tsx'
import { IntervalBar } from './interval-bar.tsx'
import { Reasons } from './reasons.tsx'

/** What is judged changes with the clock: asked again so often, ms. */
const EVERY = 10_000
/** Fields that are shown of a source: those that are filled the least. */
const FIELDS = 3

/** What each strategy sees now, since when not, and what arrives of which source from where. */
export function CoveragePage() {
  const answer = useAnswer<Coverage>('/coverage', { every: EVERY })
  return (
    <Page
      title="Coverage"
      lead="What each strategy assumes of the telemetry, measured as it arrives. While a strategy is blind, its silence means nothing."
    >
      <Answer of={answer}>
        {({ strategies, sources, layer }) => (
          <>
            <Strategies strategies={strategies} layer={layer} />
            <Sources sources={sources} />
          </>
        )}
      </Answer>
    </Page>
  )
}

function Strategies({
  strategies,
  layer,
}: {
  readonly strategies: readonly StrategyCoverage[]
  readonly layer: Coverage['layer']
}) {
  return (
    <section className={styles.part} aria-labelledby="by-strategy">
      <div className={styles.head}>
        <h2 id="by-strategy">By strategy</h2>
        <a
          href={`data:application/json,${encodeURIComponent(JSON.stringify(layer, null, 2))}`}
          download="tallyman-coverage.json"
        >
          Layer for the ATT&amp;CK Navigator
        </a>
      </div>
      <ul className={styles.strategies}>
        {strategies.map((strategy) => (
          <li key={strategy.id} className={styles.strategy}>
            <div className={styles.title}>
              <CoverageState state={strategy.state} />
              <h3>
                <Link href={`/strategies/${encodeURIComponent(strategy.id)}`}>
                  <Text value={strategy.title} />
                </Link>
              </h3>
              {strategy.level === undefined ? null : <StrategyLevel level={strategy.level} />}
            </div>
            <IntervalBar intervals={strategy.intervals} />
            <Reasons assumptions={strategy.assumptions} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Sources({ sources }: { readonly sources: readonly SourceCoverage[] }) {
  const rows = sources
    .filter(({ source }) => source !== '')
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return (
    <section className={styles.part} aria-labelledby="by-source">
      <h2 id="by-source">By source</h2>
      {rows.length === 0 ? (
        <p className="quiet">Nothing has arrived yet.</p>
      ) : (
        <Table
          caption="What arrives, by source"
          rows={rows}
          id={(row) => JSON.stringify([row.input, nameOf(row), row.cluster])}
          columns={[
            { name: 'Source', kind: 'head', cell: ({ source }) => source },
            { name: 'Kind', kind: 'tight', cell: ({ kind }) => <Text value={kind} limit={40} /> },
            {
              name: 'From',
              kind: 'tight',
              cell: ({ node, cluster }) => (
                <Text value={[node, cluster].filter(Boolean).join(', ')} limit={40} />
              ),
            },
            { name: 'Input', kind: 'tight', cell: ({ input }) => <Text value={input} limit={40} /> },
            { name: 'Events', kind: 'number', cell: ({ events }) => events.toLocaleString('en') },
            { name: 'A second', kind: 'number', cell: ({ rate }) => rate.toLocaleString('en') },
            { name: 'Last', kind: 'tight', cell: ({ lastArrival }) => <Ago time={lastArrival} /> },
            { name: 'Lost', kind: 'number', cell: ({ lost }) => lost.toLocaleString('en') },
            { name: 'Delay', kind: 'number', cell: ({ delay }) => `${delay.toLocaleString('en')} s` },
            {
              name: 'Container known',
              kind: 'number',
              cell: ({ attributed }) => (attributed === undefined ? '' : percent(attributed)),
            },
            { name: 'Least filled', cell: ({ fill }) => <LeastFilled fill={fill} /> },
          ]}
        />
      )}
    </section>
  )
}

function LeastFilled({ fill }: { readonly fill: SourceCoverage['fill'] }) {
  const least = fill.filter(({ share }) => share < 1).slice(0, FIELDS)
  return <Text value={least.map(({ field, share }) => `${field} ${percent(share)}`).join(', ')} />
}

function nameOf({ source, kind, node }: SourceCoverage): string {
  return `${source} ${kind} ${node}`
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`
}
