import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { reachOf, type History } from '../baselines/history.ts'
import { useScheme } from '../shell/use-scheme.ts'
import { utc } from '../text/time.ts'
import { colorsOf } from './colors-of.ts'
import styles from './history-chart.module.css'
import { onStep } from './step-through.ts'
import { useWidth } from './use-width.ts'

const COLORS = ['text', 'muted', 'line', 'accent', 'band', 'range', 'mark', 'surface'] as const
type Colors = Readonly<Record<(typeof COLORS)[number], string>>

/** Steps of a page, and of an arrow: rows of the history are hours. */
const A_DAY = 24

/** A moment that stands out, ms, with the number that it had, where it had one. */
export interface Moment {
  readonly time: number
  readonly value?: number
}

/**
 * The history of a key on a canvas: the hours' numbers as steps within their band, the newest buckets as points,
 * moments as lines. Dragging takes a part of it, a double click all; the arrows go from row to row.
 */
export default function HistoryChart({
  history,
  moments,
  floor,
  range,
  height,
  at,
  setAt,
  words,
}: {
  readonly history: History
  readonly moments: readonly Moment[]
  /** The least that matters. */
  readonly floor: number
  /** From when to when, s; all of it unless told. */
  readonly range: readonly [number, number] | undefined
  readonly height: number
  /** The row that is looked at. */
  readonly at: number | undefined
  readonly setAt: (row: number | undefined) => void
  /** What the row says. */
  readonly words: string
}) {
  const place = useRef<HTMLDivElement>(null)
  const width = useWidth(place)
  const scheme = useScheme()
  const [plot, setPlot] = useState<uPlot>()
  useEffect(() => {
    const { current } = place
    if (current === null || width === 0) return
    const made = new uPlot(
      options({ width, height, history, moments, floor, range, colors: colorsOf(current, COLORS), setAt }),
      [
        [...history.times],
        [...history.high],
        [...history.low],
        [...history.median],
        [...history.most],
        [...history.least],
        [...history.bucket],
      ],
      current,
    )
    setPlot(made)
    return () => {
      setPlot(undefined)
      made.destroy()
    }
    // what is drawn depends on the scheme, whose colours are asked for above
  }, [width, height, history, moments, floor, range, scheme, setAt])

  const go = (row: number): void => {
    setAt(row)
    const time = history.times[row]
    if (plot === undefined || time === undefined) return
    plot.setCursor({ left: plot.valToPos(time, 'x'), top: plot.bbox.height / uPlot.pxRatio / 2 }, false)
  }
  const [from, to] = shownRows(history, range)
  return (
    <div
      ref={place}
      className={styles.chart}
      role="slider"
      tabIndex={0}
      aria-label="History"
      aria-orientation="horizontal"
      aria-valuemin={from}
      aria-valuemax={to}
      aria-valuenow={at ?? to}
      aria-valuetext={words}
      onKeyDown={(event) => {
        const among = { count: to - from + 1, page: A_DAY }
        onStep(event, (at ?? to) - from, among, (row) => go(from + row))
      }}
    />
  )
}

/** The first and the last row of a part. */
function shownRows(
  { times }: History,
  range: readonly [number, number] | undefined,
): readonly [number, number] {
  if (range === undefined) return [0, times.length - 1]
  const from = times.findIndex((time) => time >= range[0])
  const to = times.findLastIndex((time) => time <= range[1])
  return from === -1 || to < from ? [0, times.length - 1] : [from, to]
}

interface Drawing {
  readonly width: number
  readonly height: number
  readonly history: History
  readonly moments: readonly Moment[]
  readonly floor: number
  readonly range: readonly [number, number] | undefined
  readonly colors: Colors
  readonly setAt: (row: number | undefined) => void
}

function options({ width, height, history, moments, floor, range, colors, setAt }: Drawing): uPlot.Options {
  const reach = reachOf(
    history,
    moments.flatMap(({ value }) => value ?? []),
  )
  const step = uPlot.paths.stepped?.({ align: 1 })
  const steps = step === undefined ? {} : { paths: step }
  const none = { points: { show: false } }
  const edge = { ...steps, ...none, stroke: 'transparent', width: 0 }
  const axis = { stroke: colors.muted, font: '12px system-ui, sans-serif', ticks: { stroke: colors.line } }
  return {
    width,
    height,
    tzDate: (time) => uPlot.tzDate(new Date(time * 1_000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false } },
    scales: {
      x: range === undefined ? {} : { min: range[0], max: range[1] },
      y: { range: () => [reach[0], reach[1]] },
    },
    axes: [
      {
        ...axis,
        size: (_plot, words) => ((words ?? []).some((each) => each.includes('\n')) ? 50 : 34),
        grid: { show: false },
        values: (_plot, splits, _axis, _space, step_) => timeWords(splits, step_),
      },
      {
        ...axis,
        grid: { stroke: colors.line, width: 1 },
        size: 46,
        values: (_plot, splits) => splits.map(short),
      },
    ],
    series: [
      {},
      edge,
      edge,
      { ...steps, ...none, stroke: colors.muted, width: 1, dash: [3, 3] },
      { ...steps, ...none, stroke: colors.accent, width: 1.5 },
      edge,
      { paths: () => null, points: { show: true, size: 4, fill: colors.accent, stroke: colors.accent } },
    ],
    bands: [
      { series: [1, 2], fill: colors.band },
      { series: [4, 5], fill: colors.range },
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, { moments, floor, colors })],
      setCursor: [({ cursor: { idx, left = -1 } }) => setAt(left < 0 ? undefined : (idx ?? undefined))],
    },
  }
}

const SHORT = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' })

function short(value: number): string {
  return SHORT.format(value)
}

/** UTC; the day wherever it is another than before. */
function timeWords(splits: readonly number[], step: number): string[] {
  let day = ''
  return splits.map((split) => {
    const text = utc(split * 1_000)
    const its = text.slice(5, 10)
    const isNew = its !== day
    day = its
    if (step >= 86_400) return its
    return isNew ? `${text.slice(11, 16)}\n${its}` : text.slice(11, 16)
  })
}

/** Moments as lines with a triangle at their number, the floor as a dotted line. */
function drawMarks(
  plot: uPlot,
  { moments, floor, colors }: Pick<Drawing, 'moments' | 'floor' | 'colors'>,
): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  const right = bbox.left + bbox.width
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  const least = plot.valToPos(floor, 'y', true)
  if (floor > 0 && least > bbox.top) {
    ctx.strokeStyle = colors.muted
    ctx.fillStyle = colors.muted
    ctx.lineWidth = ratio
    ctx.setLineDash([ratio, 4 * ratio])
    line(ctx, [bbox.left, least], [right, least])
    ctx.setLineDash([])
    ctx.font = `${11 * ratio}px system-ui, sans-serif`
    ctx.textAlign = 'right'
    ctx.fillText('floor', right - 4 * ratio, least - 4 * ratio)
  }
  ctx.strokeStyle = colors.mark
  ctx.fillStyle = colors.mark
  ctx.lineWidth = 1.5 * ratio
  for (const { time, value } of moments) {
    const x = plot.valToPos(time / 1_000, 'x', true)
    if (x < bbox.left || x > right) continue
    line(ctx, [x, bbox.top], [x, bbox.top + bbox.height])
    if (value === undefined) continue
    const y = Math.max(plot.valToPos(value, 'y', true), bbox.top + 5 * ratio)
    ctx.beginPath()
    ctx.arc(x, y, 4.5 * ratio, 0, 2 * Math.PI)
    ctx.fill()
  }
  ctx.restore()
}

function line(
  ctx: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  [a, b]: readonly [number, number],
) {
  ctx.beginPath()
  ctx.moveTo(x, y)
  ctx.lineTo(a, b)
  ctx.stroke()
}
