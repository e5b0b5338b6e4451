/** One line of a producer's log, at the time that it tells. */
export interface MonthLine {
  /** ms since the epoch. */
  readonly time: number
  readonly stream: string
  readonly text: string
}

/** What happens when. */
export interface Simulation {
  /** ms since the epoch. */
  readonly now: number
  /** Later, or now; what is due at one instant happens in the order in which it was asked for. */
  readonly at: (time: number, happens: () => void) => void
  /** Writes a line, of now. */
  write(stream: string, text: string): void
  /** All lines before `end`, in the order of time. */
  run(end: number): Generator<MonthLine, void>
}

interface Due {
  readonly time: number
  readonly order: number
  readonly happens: () => void
}

/** A discrete-event simulation: its memory is what is yet to happen, not what happened. */
export function createSimulation(start: number): Simulation {
  const due: Due[] = []
  let [now, order] = [start, 0]
  let written: MonthLine[] = []
  return {
    get now() {
      return now
    },
    at(time, happens) {
      push(due, { time: Math.max(now, Math.floor(time)), order: (order += 1), happens })
    },
    write: (stream, text) => void written.push({ time: now, stream, text }),
    *run(end) {
      for (let next = pop(due); next !== undefined && next.time < end; next = pop(due)) {
        now = next.time
        next.happens()
        if (written.length === 0) continue
        yield* written
        written = []
      }
    },
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}

/** Into a binary heap. */
function push(heap: Due[], one: Due): void {
  let at = heap.push(one) - 1
  for (;;) {
    const above = (at - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || !isBefore(one, parent)) break
    heap[at] = parent
    at = above
  }
  heap[at] = one
}

function pop(heap: Due[]): Due | undefined {
  const [first] = heap
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    if (left === undefined) break
    const right = heap[2 * at + 2]
    const isRight = right !== undefined && isBefore(right, left)
    const child = isRight ? right : left
    if (!isBefore(child, last)) break
    heap[at] = child
    at = 2 * at + (isRight ? 2 : 1)
  }
  heap[at] = last
  return first
}
