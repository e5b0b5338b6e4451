import type { IncomingMessage } from 'node:http'

/** Lines of a response, read as fast as they come: an engine drops what a slow reader leaves. */
export interface LineQueue {
  /** All lines that wait, none where only oversized ones came or it was nudged; undefined when the response has ended. */
  next(): Promise<readonly string[] | undefined>
  /** Lines beyond the bound that were left out since last asked. */
  takeOversized(): number
  /** Lets whoever waits for the next lines go on without any. */
  readonly nudge: () => void
  close(): void
}

const MAX_LINE = 16 * 1024 * 1024
/** Beyond this the response is given up; what was lost by that is found when events are asked for again. */
const MAX_WAITING = 64 * 1024 * 1024

export function lineQueue(response: IncomingMessage): LineQueue {
  let lines: string[] = []
  let waiting = 0
  let oversized = 0
  const state = { ended: false, dropped: false, nudged: false }
  let wake: () => void = nobodyWaits
  const end = (): void => {
    state.ended = true
    wake()
  }
  const split = createSplitter(
    (line) => {
      lines.push(line.toString('utf8'))
      waiting += line.length
    },
    () => {
      oversized += 1
      state.dropped = true
    },
  )
  response.on('data', (piece: Buffer) => {
    split(piece)
    if (waiting > MAX_WAITING) response.destroy()
    if (lines.length > 0 || state.dropped) wake()
  })
  response.on('end', end)
  response.on('close', end)
  response.on('error', end)
  return {
    async next() {
      while (lines.length === 0 && !state.dropped && !state.nudged && !state.ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (lines.length === 0 && !state.dropped && !state.nudged) return undefined
      state.dropped = false
      state.nudged = false
      const taken = lines
      lines = []
      waiting = 0
      return taken
    },
    takeOversized() {
      const count = oversized
      oversized = 0
      return count
    },
    nudge() {
      state.nudged = true
      wake()
    },
    close: () => void response.destroy(),
  }
}

/** Feeds whole, non-empty lines on. A line that goes beyond the bound is dropped and told. */
function createSplitter(take: (line: Buffer) => void, drop: () => void): (piece: Buffer) => void {
  let held: Buffer[] = []
  let length = 0
  let dropping = false
  const hold = (bytes: Buffer): void => {
    if (dropping || bytes.length === 0) return
    held.push(bytes)
    length += bytes.length
    if (length <= MAX_LINE) return
    drop()
    dropping = true
    held = []
  }
  return (piece) => {
    let from = 0
    for (let newline = piece.indexOf(10); newline >= 0; newline = piece.indexOf(10, from)) {
      hold(piece.subarray(from, newline))
      if (!dropping && length > 0) take(Buffer.concat(held))
      held = []
      length = 0
      dropping = false
      from = newline + 1
    }
    hold(piece.subarray(from))
  }
}

function nobodyWaits(): void {}
