import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { loadPart } from '../api/load-part.ts'
import type { WholeKey } from '../api/types.ts'
import type { Moment } from '../chart/history-chart.tsx'
import { measured } from '../text/number.ts'
import { utc } from '../text/time.ts'
import styles from './history-figure.module.css'
import { HistoryTable } from './history-table.tsx'
import { cellAt, historyOf, type History } from './history.ts'

/** The library that draws it is large: it is read where something is drawn. */
const HistoryChart = lazy(() => loadPart(() => import('../chart/history-chart.tsx')))

const DAY = 86_400
const SPANS = [
  ['day', 1],
  ['week', 7],
  ['all', undefined],
] as const
type Span = (typeof SPANS)[number][0]

const EDGE = 0.015

/** Shown before and behind the moment that the picture is about, s. */
const AROUND = [3 * DAY, DAY] as const

/** What a key of a spike had over time, within what was usual, with the moments at which it was told. */
export function HistoryFigure({
  of: { learned, baseline },
  moments,
  about,
  height = 240,
}: {
  readonly of: Pick<WholeKey, 'learned' | 'baseline'>
  readonly moments: readonly Moment[]
  /** The moment that it is about, ms: what was around it is shown first. */
  readonly about?: number
  readonly height?: number
}) {
  const [span, setSpan] = useState<Span | 'moment'>(about === undefined ? 'week' : 'moment')
  const [at, setRow] = useState<number>()
  const setAt = useCallback((row: number | undefined) => setRow(row), [])
  const timespan = baseline.spike?.timespan ?? 0
  const history = useMemo(() => historyOf(learned, timespan), [learned, timespan])
  const range = useMemo(() => rangeOf(span, history, about), [span, history, about])
  if (history.times.length === 0)
    return <p className="quiet">Nothing is learned yet: numbers are, an hour or two after they were seen.</p>
  const words = rowWords(history, Math.min(at ?? Infinity, history.times.length - 1))
  return (
    <figure className={styles.figure}>
      <div className={styles.head}>
        <p className={styles.words}>
          {at === undefined ? <span className="quiet">{legendWords(baseline)}</span> : words}
        </p>
        <div className={styles.spans} role="group" aria-label="Shown">
          {about === undefined ? null : (
            <button type="button" aria-pressed={span === 'moment'} onClick={() => setSpan('moment')}>
              alert
            </button>
          )}
          {SPANS.map(([name]) => (
            <button key={name} type="button" aria-pressed={span === name} onClick={() => setSpan(name)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      <div className={styles.canvas} data-height={height}>
        <Suspense fallback={<p className="quiet">Loading…</p>}>
          <HistoryChart
            history={history}
            moments={moments}
            floor={baseline.spike?.floor ?? 0}
            range={range}
            height={height}
            at={at}
            setAt={setAt}
            words={words}
          />
        </Suspense>
      </div>
      <figcaption className={styles.caption}>
        <span data-what="most">largest of the hour, down to the least</span>
        <span data-what="band">usual, ± {measured(baseline.spike?.threshold ?? 0)} deviations</span>
        <span data-what="bucket">newest buckets</span>
        {moments.length === 0 ? null : <span data-what="moment">told</span>}
        <span>UTC</span>
      </figcaption>
      <HistoryTable history={history} range={range} />
    </figure>
  )
}

function legendWords({ spike, fields }: WholeKey['baseline']): string {
  if (spike === undefined) return ''
  const of = fields.length === 0 ? '' : ` of ${fields.join(', ')}`
  return `${spike.aggregate}${of} in ${spike.timespan / 60_000} min`
}

/** What a row says. Between lines nothing is said. */
export function rowWords(history: History, row: number): string {
  const said = [
    ['largest', cellAt(history.most, row)],
    ['bucket', history.bucket[row] ?? undefined],
    ['usual', cellAt(history.median, row)],
    ['up to', cellAt(history.high, row)],
  ] as const
  const numbers = said.flatMap(([name, value]) => (value === undefined ? [] : `${name} ${measured(value)}`))
  const when = utc((history.times[row] ?? 0) * 1_000).slice(0, 16)
  return `${when}: ${numbers.length === 0 ? 'nothing seen' : numbers.join(', ')}`
}

function rangeOf(
  span: Span | 'moment',
  { times }: History,
  about: number | undefined,
): readonly [number, number] | undefined {
  const [first, last] = [times[0], times.at(-1)]
  if (first === undefined || last === undefined) return undefined
  if (span === 'moment' && about !== undefined)
    return [
      about / 1_000 - AROUND[0],
      Math.min(about / 1_000 + AROUND[1], Math.max(last, about / 1_000) + DAY / 24),
    ]
  const days = SPANS.find(([name]) => name === span)?.[1]
  const shown = days === undefined ? last - first : Math.min(days * DAY, last - first)
  // the newest does not stand on the edge
  return [last - shown, last + Math.max(shown * EDGE, 60)]
}
