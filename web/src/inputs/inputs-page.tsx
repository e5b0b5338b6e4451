import type { Failure, Finding, InputStatus, Source, Status, Totals } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { GapBar } from '../findings/gap-bar.tsx'
import { Answer } from '../parts/answer.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import { Discovered } from '../tour/discovered.tsx'
import { Containers } from './containers.tsx'
import { Agents } from './agents.tsx'
import styles from './inputs-page.module.css'
import { Limits } from './limits.tsx'

/** Rates and states are asked again so often, ms; the stream tells in between. */
const EVERY = 10_000

/** Whether what should arrive does, and what of it could not be read. */
export function InputsPage() {
  const status = useAnswer<Status>('/status', { every: EVERY })
  const totals = useAnswer<Totals>('/totals', { every: EVERY })
  return (
    <Page
      title="Inputs"
      lead="What arrives, how fast, what of it could not be read, and when nothing was seen."
    >
      <Answer of={status}>{({ inputs, started }) => <Inputs inputs={inputs} started={started} />}</Answer>
      <Answer of={totals}>{(counted) => <Counted totals={counted} />}</Answer>
      <div className={styles.halves}>
        <Sources />
        <Failures />
      </div>
      <Containers />
      <Limits />
      <Discovered />
    </Page>
  )
}

function Inputs({ inputs, started }: { readonly inputs: readonly InputStatus[]; readonly started: string }) {
  const findings = useAnswer<{ readonly items: readonly Finding[] }>('/findings')
  return (
    <ul className={styles.inputs}>
      {inputs.map((input) => (
        <li key={input.name} className={styles.input}>
          <div className={styles.head}>
            <State state={input.state} />
            <h2>
              <Text value={input.name} />
            </h2>
            <span className="quiet">{input.type}</span>
          </div>
          <dl className={styles.facts}>
            <Fact name="rate" value={input.rate === undefined ? '–' : `${rate(input.rate)}/s`} />
            <Fact name="records" value={input.records.toLocaleString('en')} />
            <Fact name="failed" value={input.failed.toLocaleString('en')} loud={input.failed > 0} />
            <div>
              <dt>last record</dt>
              <dd>{input.lastRecord === undefined ? '–' : <Ago time={input.lastRecord} />}</dd>
            </div>
          </dl>
          {input.error === undefined ? null : (
            <p className={styles.error}>
              <strong>
                <Text value={input.error.message} />
              </strong>
              {input.error.mend === undefined ? null : <Text value={input.error.mend} />}
            </p>
          )}
          <GapBar
            gaps={(findings.data?.items ?? []).filter(({ about }) => about === input.name)}
            since={started}
          />
          {input.agents === undefined ? null : (
            <div className={styles.agents}>
              <Agents agents={input.agents} />
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}

function rate(perSecond: number): string {
  if (perSecond >= 100) return Math.round(perSecond).toLocaleString('en')
  return perSecond.toFixed(perSecond >= 10 ? 1 : 2).replace(/\.?0+$/, '')
}

function Fact({
  name,
  value,
  loud = false,
}: {
  readonly name: string
  readonly value: string
  readonly loud?: boolean
}) {
  return (
    <div data-loud={loud}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

const STATE_MARKS: Readonly<Record<InputStatus['state'], string>> = {
  reading: 'M4 1.5 11 6 4 10.5z',
  waiting: 'M3.5 2v8M8.5 2v8',
  ended: 'M2.5 2.5h7v7h-7z',
  failed: 'M2 2l8 8M10 2l-8 8',
}

function State({ state }: { readonly state: InputStatus['state'] }) {
  return (
    <span className={styles.state} data-state={state}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path
          d={STATE_MARKS[state]}
          fill={state === 'reading' ? 'currentColor' : 'none'}
          stroke="currentColor"
          strokeWidth="1.8"
        />
      </svg>
      {state}
    </span>
  )
}

function Counted({ totals }: { readonly totals: Totals }) {
  return (
    <dl className={styles.totals} aria-label="Since the store was made">
      <Fact name="records" value={totals.records.toLocaleString('en')} />
      <Fact name="evaluated" value={totals.evaluated.toLocaleString('en')} />
      <Fact name="failed" value={totals.failed.toLocaleString('en')} loud={totals.failed > 0} />
      <Fact name="duplicates" value={totals.duplicates.toLocaleString('en')} />
      <Fact name="alerts" value={totals.alerts.toLocaleString('en')} />
      {Object.entries(totals.failures).map(([reason, n]) => (
        <Fact key={reason} name={`failed: ${reason}`} value={n.toLocaleString('en')} loud />
      ))}
    </dl>
  )
}

function Sources() {
  const answer = useAnswer<{ readonly items: readonly Source[] }>('/sources')
  return (
    <section className={styles.part}>
      <h2>Sources</h2>
      <Answer of={answer}>
        {({ items }) => {
          const silent = items.filter(({ evaluated }) => evaluated === 0)
          return (
            <>
              <Table
                caption="Sources"
                rows={items.filter(({ evaluated }) => evaluated > 0)}
                id={({ name }) => name}
                columns={[
                  {
                    name: 'Source',
                    kind: 'head',
                    cell: ({ name, title }) => <span title={title}>{name}</span>,
                  },
                  {
                    name: 'Evaluated',
                    kind: 'number',
                    cell: ({ evaluated }) => evaluated.toLocaleString('en'),
                  },
                ]}
              />
              <details className={styles.silent}>
                <summary>{silent.length} others, of which nothing came</summary>
                <ul>
                  {silent.map(({ name, title }) => (
                    <li key={name} title={title}>
                      {name}
                    </li>
                  ))}
                </ul>
              </details>
            </>
          )
        }}
      </Answer>
    </section>
  )
}

function Failures() {
  const answer = useAnswer<{ readonly items: readonly Failure[] }>('/failures', { query: { limit: 20 } })
  return (
    <section className={styles.part}>
      <h2>Records that could not be read</h2>
      <Answer of={answer}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">None.</p>
          ) : (
            <Table
              caption="A sample of records that could not be read"
              rows={items.map((each, n) => ({ ...each, n }))}
              id={({ n }) => String(n)}
              columns={[
                { name: 'Reason', kind: 'tight', cell: ({ reason }) => <Text value={reason} /> },
                {
                  name: 'Where',
                  cell: ({ stream, position }) => <Text mono value={`${stream} @ ${position}`} limit={60} />,
                },
                { name: 'Begins', cell: ({ sample }) => <Text mono value={sample} limit={80} /> },
              ]}
            />
          )
        }
      </Answer>
    </section>
  )
}
