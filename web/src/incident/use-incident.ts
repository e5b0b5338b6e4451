import { useInfiniteQuery, useQueries, type UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useBase } from '../api/base.ts'
import { ask } from '../api/client.ts'
import type { Alert, IncidentDetail, Page, Rule, Strategy } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'

/** Alerts that are read at once, beyond those that an incident is answered with. */
const MORE = 100

export interface IncidentAnswer {
  readonly answer: UseQueryResult<IncidentDetail>
  /** All that were read of its alerts. */
  readonly alerts: readonly Alert[]
  /** Reads more of them, where there are more. */
  readonly more: (() => void) | undefined
  /** The documents that it concerns, as far as they are there. */
  readonly strategies: readonly Strategy[]
  readonly rules: ReadonlyMap<string, Rule>
}

/** An incident with its alerts, and the strategies behind them. */
export function useIncident(id: string): IncidentAnswer {
  const base = useBase()
  const answer = useAnswer<IncidentDetail>(`/incidents/${id}`)
  // rules of plain Sigma files have no document
  const ids = (answer.data?.strategies ?? []).map((strategy) => strategy.id)
  const strategies = useQueries({
    queries: ids.map((each) => ({
      queryKey: [base, `/strategies/${each}`, {}],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        ask<Strategy>(`${base}/strategies/${encodeURIComponent(each)}`, {}, signal),
      staleTime: 300_000,
    })),
    combine: (results) => results.flatMap(({ data }) => data ?? []),
  })
  const first = answer.data?.alerts
  const rest = useInfiniteQuery({
    queryKey: [base, '/alerts', id, first?.next],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Alert>>(`${base}/alerts`, { incident: id, limit: MORE, after: pageParam }, signal),
    initialPageParam: first?.next,
    getNextPageParam: ({ next }) => next,
    enabled: false,
  })
  const alerts = useMemo(
    () => [...(first?.items ?? []), ...(rest.data?.pages.flatMap(({ items }) => items) ?? [])],
    [first, rest.data],
  )
  const left = first?.next !== undefined && (rest.data === undefined || rest.hasNextPage)
  const rules = new Map(
    strategies.flatMap((strategy) => strategy.rules.map((rule) => [rule.id, rule] as const)),
  )
  return {
    answer,
    alerts,
    more: left ? () => void (rest.data === undefined ? rest.refetch() : rest.fetchNextPage()) : undefined,
    strategies,
    rules,
  }
}
