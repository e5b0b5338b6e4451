import { useQueryClient } from '@tanstack/react-query'
import {
  createContext,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
  type ReactNode,
} from 'react'
import { useBase } from './base.ts'
import { listen, type LiveState } from './live.ts'
import { session } from './session.ts'
import type { LiveMessage } from './types.ts'

type Listener = (message: LiveMessage) => void

const Live = createContext<{
  readonly state: LiveState
  readonly subscribe: (listener: Listener) => () => void
}>({ state: 'connecting', subscribe: () => () => undefined })

/** Questions whose answers a batch may change are asked again at most this often, ms. */
const SETTLE = 1_000

/** Holds the one stream of a page and tells it to whoever listens. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const base = useBase()
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  const listeners = useMemo(() => new Set<Listener>(), [])

  useEffect(() => {
    const stop = new AbortController()
    const due = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    let missed = false
    const refetch = (path: string): void => {
      due.add(path)
      timer ??= setTimeout(() => {
        timer = undefined
        for (const each of due) void client.invalidateQueries({ queryKey: [base, each] })
        due.clear()
      }, SETTLE)
    }
    void listen(`${base}/stream`, {
      signal: stop.signal,
      told(message) {
        for (const path of changedBy(message)) refetch(path)
        for (const listener of listeners) listener(message)
      },
      state(next) {
        setState(next)
        if (next === 'refused') session.end()
        if (next === 'live' && missed) void client.invalidateQueries({ queryKey: [base] })
        missed ||= next === 'lost'
      },
    })
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [base, client, listeners])

  const value = useMemo(
    () => ({
      state,
      subscribe(listener: Listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    }),
    [state, listeners],
  )
  return <Live value={value}>{children}</Live>
}

/** Which answers a message makes stale. */
function changedBy(message: LiveMessage): readonly string[] {
  switch (message.kind) {
    case 'alert':
      return [`/incidents/${message.alert.incident}`]
    case 'incident':
      return [`/incidents/${message.incident.id}`, '/incidents/histogram']
    case 'finding':
      return ['/findings']
    case 'status':
      return ['/status', '/totals', '/tour']
  }
}

export function useLiveState(): LiveState {
  return useContext(Live).state
}

/** Calls `listener` with each message while mounted. */
export function useLive(listener: Listener): void {
  const { subscribe } = useContext(Live)
  const heard = useEffectEvent(listener)
  useEffect(() => subscribe((message) => heard(message)), [subscribe])
}
