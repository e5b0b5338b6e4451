import { useMemo, useState, type PointerEvent } from 'react'
import { useAnswer } from '../api/use-answer.ts'
import type { Histogram as Counts } from '../api/types.ts'
import { exactly, utc } from '../text/time.ts'
import { bars, type Bar } from './bars.ts'
import { filterQuery, type Filter } from './filter.ts'
import styles from './histogram.module.css'

const HEIGHT = 40

/** Incidents over time by level. A click takes a bucket's interval, a drag that of several. */
export function Histogram({
  filter,
  change,
}: {
  readonly filter: Filter
  readonly change: (part: Partial<Filter>) => void
}) {
  const answer = useAnswer<Counts>('/incidents/histogram', { query: filterQuery(filter), staleTime: 30_000 })
  const columns = useMemo(() => (answer.data === undefined ? [] : bars(answer.data)), [answer.data])
  const [brush, setBrush] = useState<readonly [number, number]>()
  if (answer.data === undefined || columns.every(({ total }) => total === 0))
    return <div className={styles.empty} />

  const indexOf = (event: PointerEvent<SVGSVGElement>): number => {
    const box = event.currentTarget.getBoundingClientRect()
    const at = Math.floor(((event.clientX - box.left) / box.width) * columns.length)
    return Math.min(Math.max(at, 0), columns.length - 1)
  }
  const take = (): void => {
    if (brush === undefined) return
    const [a, b] = brush
    const [first, last] = [columns[Math.min(a, b)], columns[Math.max(a, b)]]
    setBrush(undefined)
    if (first === undefined || last === undefined) return
    change({ since: new Date(first.from).toISOString(), until: new Date(last.until).toISOString() })
  }
  const marked = brush === undefined ? undefined : [Math.min(...brush), Math.max(...brush)]
  return (
    <figure className={styles.histogram}>
      <svg
        viewBox={`0 0 ${columns.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summary(columns)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setBrush([indexOf(event), indexOf(event)])
        }}
        onPointerMove={(event) => {
          if (brush !== undefined) setBrush([brush[0], indexOf(event)])
        }}
        onPointerUp={take}
        onPointerCancel={() => setBrush(undefined)}
      >
        {columns.map((bar, index) => (
          <Column key={bar.from} bar={bar} x={index} />
        ))}
        {marked === undefined ? null : (
          <rect
            className={styles.brush}
            x={marked[0]}
            y={0}
            width={(marked[1] ?? 0) - (marked[0] ?? 0) + 1}
            height={HEIGHT}
          />
        )}
      </svg>
      <figcaption>
        <span>{edge(columns[0]?.from)}</span>
        <span>{edge(columns.at(-1)?.until)}</span>
      </figcaption>
    </figure>
  )
}

function Column({ bar, x }: { readonly bar: Bar; readonly x: number }) {
  return (
    <g className={styles.column}>
      <rect className={styles.ground} x={x} y={0} width={1} height={HEIGHT}>
        <title>{`${exactly(bar.from)}\n${bar.parts.map(({ level, n }) => `${n} ${level}`).join(', ') || 'none'}`}</title>
      </rect>
      {bar.parts.map(({ level, from, to }) => (
        <rect
          key={level}
          className={styles[level]}
          x={x + 0.1}
          width={0.8}
          y={HEIGHT - Math.max(to * HEIGHT, from * HEIGHT + 1)}
          height={Math.max((to - from) * HEIGHT, 1)}
        />
      ))}
    </g>
  )
}

function edge(time: number | undefined): string {
  return time === undefined ? '' : `${utc(time).slice(0, 16)}Z`
}

function summary(columns: readonly Bar[]): string {
  const total = columns.reduce((sum, bar) => sum + bar.total, 0)
  const busiest = columns.reduce<Bar | undefined>(
    (most, bar) => (most === undefined || bar.total > most.total ? bar : most),
    undefined,
  )
  return `${total} incidents from ${edge(columns[0]?.from)} to ${edge(columns.at(-1)?.until)}; most, ${busiest?.total ?? 0}, at ${edge(busiest?.from)}`
}
