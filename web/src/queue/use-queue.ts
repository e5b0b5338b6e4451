import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { useBase } from '../api/base.ts'
import { ask } from '../api/client.ts'
import { useLive } from '../api/live-context.tsx'
import type { Incident, Page } from '../api/types.ts'
import { belongs, filterQuery, type Filter } from './filter.ts'
import { added, isLong, topOf, rowsOf, updated, type Rows } from './live-rows.ts'

const PAGE = 100
/** New incidents that are held back at most; with more, the queue is read anew. */
const HELD = 500

export interface Queue {
  readonly rows: readonly Incident[]
  readonly loaded: boolean
  readonly error: Error | null
  readonly more: (() => void) | undefined
  /** Incidents that came while the reader was further down. */
  readonly held: number
  readonly show: () => void
  /** Told by the list: at the top, new rows come in at once. */
  readonly atTop: (top: boolean) => void
}

/** The incidents of a filter, page by page, and those that come while it is shown. */
export function useQueue(filter: Filter): Queue {
  const base = useBase()
  const client = useQueryClient()
  const query = filterQuery(filter)
  const key = [base, '/incidents', query]
  const answer = useInfiniteQuery<Page<Incident>, Error, Rows, readonly unknown[], string | undefined>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Incident>>(`${base}/incidents`, { ...query, limit: PAGE, after: pageParam }, signal),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
    // What changes is told by the stream.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  const [held, setHeld] = useState<ReadonlyMap<string, Incident>>(new Map())
  const heldOf = useRef(query)
  if (JSON.stringify(heldOf.current) !== JSON.stringify(query)) {
    heldOf.current = query
    if (held.size > 0) setHeld(new Map())
  }
  const top = useRef(true)

  const show = (): void => {
    if (held.size >= HELD) void client.resetQueries({ queryKey: key })
    else client.setQueryData<Rows>(key, (data) => data && added(data, [...held.values()]))
    setHeld(new Map())
  }
  /** In a flood the list neither grows nor is copied without end: what is read anew is short again. */
  const addOnTop = (data: Rows, incident: Incident): void => {
    const rows = added(data, [incident])
    const long = isLong(rows)
    client.setQueryData<Rows>(key, long ? topOf(rows) : rows)
    if (long) void client.invalidateQueries({ queryKey: key, exact: true }, { cancelRefetch: false })
  }
  const take = (incident: Incident): void => {
    const data = client.getQueryData<Rows>(key)
    if (data === undefined) return
    if (data.pages.some(({ items }) => items.some(({ id }) => id === incident.id))) {
      client.setQueryData<Rows>(key, updated(data, incident))
    } else if (belongs(incident, filter, Date.now())) {
      if (top.current) addOnTop(data, incident)
      else if (held.size < HELD || held.has(incident.id))
        setHeld((before) => new Map(before).set(incident.id, incident))
    }
  }
  /** What comes while the list is read may be missing in the answer, which replaces what is shown. */
  const meanwhile = useRef(new Map<string, Incident>())
  useLive((message) => {
    if (message.kind !== 'incident') return
    const { incident } = message
    if (client.getQueryState(key)?.fetchStatus === 'fetching' && meanwhile.current.size < HELD)
      meanwhile.current.set(incident.id, incident)
    take(incident)
  })
  const takeMissed = useEffectEvent(() => {
    const missed = [...meanwhile.current.values()]
    meanwhile.current.clear()
    if (missed.length >= HELD) void client.invalidateQueries({ queryKey: key, exact: true })
    for (const incident of missed) take(incident)
  })
  useEffect(() => {
    if (!answer.isFetching) takeMissed()
  }, [answer.isFetching])

  const rows = useMemo(() => rowsOf(answer.data), [answer.data])
  const fetchMore = (): void => {
    if (!answer.isFetchingNextPage) void answer.fetchNextPage()
  }
  return {
    rows,
    loaded: answer.data !== undefined,
    error: answer.error,
    more: answer.hasNextPage ? fetchMore : undefined,
    held: held.size,
    show,
    atTop(now) {
      top.current = now
      if (now && held.size > 0) show()
    },
  }
}
