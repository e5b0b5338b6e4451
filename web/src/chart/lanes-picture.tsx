import { useEffect, useMemo, useRef, type PointerEvent } from 'react'
import { useScheme } from '../shell/use-scheme.ts'
import { Text } from '../text/text.tsx'
import { colorsOf } from './colors-of.ts'
import { axisOf, nearest, placeOn, ticksOf, tickWords, type Axis, type LaneEvent } from './lanes.ts'
import styles from './lanes-picture.module.css'
import { onStep } from './step-through.ts'
import { useWidth } from './use-width.ts'

const LANE = 34
/** Where in its lane an event stands: below the lane's name. */
const MIDDLE = 24
const FOOT = 20
const RADIUS = 4
/** How near the mouse has to be, pixels. */
const REACH = 12
const TICK_SPACE = 74
const PAGE = 10

/**
 * Events on one time axis, a lane for each rule or source, on a canvas: thousands of them are drawn as a hundred are.
 * The mouse and the arrows go from event to event.
 */
export function LanesPicture({
  names,
  events,
  at,
  setAt,
  words,
  label,
}: {
  /** Of the lanes. Hostile text. */
  readonly names: readonly string[]
  /** In the order of their times. */
  readonly events: readonly LaneEvent[]
  /** The event that is looked at. */
  readonly at: number | undefined
  readonly setAt: (event: number) => void
  /** What that event is, in one line. */
  readonly words: string
  readonly label: string
}) {
  const place = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useWidth(place)
  const scheme = useScheme()
  const axis = useMemo(() => axisOf(events), [events])
  const height = names.length * LANE + FOOT
  useEffect(() => {
    if (canvas.current === null || place.current === null || width === 0) return
    const colors = colorsOf(place.current, COLORS)
    draw(canvas.current, { width, height, lanes: names.length, events, axis, at, colors })
    // colours are asked for anew when the scheme changes
  }, [width, height, names.length, events, axis, at, scheme])

  const point = (event: PointerEvent<HTMLCanvasElement>): void => {
    const box = event.currentTarget.getBoundingClientRect()
    const perPixel = (axis.until - axis.since) / Math.max(box.width, 1)
    const time = axis.since + (event.clientX - box.left) * perPixel
    const lane = Math.floor((event.clientY - box.top) / LANE)
    const found = nearest(events, { time, lane }, REACH * perPixel)
    if (found !== undefined && found !== at) setAt(found)
  }
  return (
    <div
      ref={place}
      className={styles.picture}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-orientation="horizontal"
      aria-valuemin={1}
      aria-valuemax={Math.max(events.length, 1)}
      aria-valuenow={(at ?? 0) + 1}
      aria-valuetext={words}
      onKeyDown={(event) => onStep(event, at ?? -1, { count: events.length, page: PAGE }, setAt)}
    >
      <canvas ref={canvas} onPointerMove={point} onPointerDown={point} />
      <ul className={styles.names} aria-hidden="true">
        {names.map((name, lane) => (
          <li key={lane}>
            <Text value={name} limit={160} fixed />
          </li>
        ))}
      </ul>
    </div>
  )
}

const COLORS = ['muted', 'line', 'accent', 'mark', 'surface'] as const

interface Drawing {
  readonly width: number
  readonly height: number
  readonly lanes: number
  readonly events: readonly LaneEvent[]
  readonly axis: Axis
  readonly at: number | undefined
  readonly colors: Readonly<Record<(typeof COLORS)[number], string>>
}

function draw(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const { width, height, lanes, events, axis, at, colors } = drawing
  const ratio = window.devicePixelRatio
  canvas.width = width * ratio
  canvas.height = height * ratio
  canvas.style.height = `${height}px`
  const context = canvas.getContext('2d')
  if (context === null) return
  context.scale(ratio, ratio)
  context.strokeStyle = colors.line
  for (let lane = 0; lane < lanes; lane += 1)
    line(context, 0, lane * LANE + MIDDLE, width, lane * LANE + MIDDLE)
  drawTicks(context, drawing)
  context.fillStyle = colors.accent
  // what lies on the same pixel of a lane is one dot, whatever there is of it
  let last: readonly [number, number] | undefined
  for (const { time, lane } of events) {
    const x = Math.round(placeOn(axis, time, width) * 2) / 2
    if (last?.[0] === x && last[1] === lane) continue
    last = [x, lane]
    dot(context, x, lane * LANE + MIDDLE, RADIUS)
  }
  const looked = at === undefined ? undefined : events[at]
  if (looked === undefined) return
  const [x, y] = [placeOn(axis, looked.time, width), looked.lane * LANE + MIDDLE]
  context.strokeStyle = colors.mark
  context.lineWidth = 1
  line(context, x, 0, x, height - FOOT)
  context.fillStyle = colors.mark
  dot(context, x, y, RADIUS + 2)
}

function drawTicks(context: CanvasRenderingContext2D, { width, height, axis, colors }: Drawing): void {
  const { times, step } = ticksOf(axis, { width, space: TICK_SPACE })
  context.font = '11px system-ui, sans-serif'
  context.textAlign = 'center'
  for (const time of times) {
    const x = Math.round(placeOn(axis, time, width)) + 0.5
    context.strokeStyle = colors.line
    line(context, x, 0, x, height - FOOT + 4)
    const words = tickWords(time, step)
    const half = context.measureText(words).width / 2
    context.fillStyle = colors.muted
    context.fillText(words, Math.min(Math.max(x, half), width - half), height - 4)
  }
}

function dot(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}

function line(context: CanvasRenderingContext2D, x: number, y: number, a: number, b: number): void {
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(a, b)
  context.stroke()
}
