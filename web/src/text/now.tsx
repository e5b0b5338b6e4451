import { useSyncExternalStore } from 'react'
import { ago, duration, exactly } from './time.ts'

const EVERY = 10_000
let current = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    current = Date.now()
    for (const each of listeners) each()
  }, EVERY)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The reader's clock, ms; one timer for everything on the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => current)
}

/** The clock here stands still between two beats: what came since is now, not ahead. */
function reference(at: number, now: number): number {
  return at > now && at - now <= EVERY ? at : now
}

/** How long ago; its title is the instant. */
export function Ago({ time }: { readonly time: string }) {
  const now = useNow()
  const at = Date.parse(time)
  return (
    <time dateTime={time} title={exactly(at)}>
      {ago(at, reference(at, now))}
    </time>
  )
}

/** From when to when, as one short text: `3h` or `3h – 12m`. */
export function Span({ first, last }: { readonly first: string; readonly last: string }) {
  const now = useNow()
  const [from, to] = [Date.parse(first), Date.parse(last)]
  const lasted = to - from
  return (
    <time dateTime={last} title={`first ${exactly(from)}\nlast ${exactly(to)}`}>
      {ago(to, reference(to, now))}
      {lasted >= 60_000 ? ` · over ${duration(lasted)}` : ''}
    </time>
  )
}
