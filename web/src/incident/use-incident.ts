import { useQueries, type UseQueryResult } from '@tanstack/react-query'
import { useBase } from '../api/base.ts'
import { ask } from '../api/client.ts'
import type { Incident, IncidentDetail, Rule, Strategy } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'

export interface IncidentAnswer {
  readonly answer: UseQueryResult<IncidentDetail & { readonly incident: Incident }>
  /** The documents that it concerns, as far as they are there. */
  readonly strategies: readonly Strategy[]
  readonly rules: ReadonlyMap<string, Rule>
}

/** An incident with its alerts, and the strategies behind them. */
export function useIncident(id: string): IncidentAnswer {
  const base = useBase()
  const answer = useAnswer<IncidentDetail & { readonly incident: Incident }>(`/incidents/${id}`)
  const ids = [...new Set((answer.data?.incident.alerts ?? []).map(({ strategy }) => strategy.id))]
  const strategies = useQueries({
    queries: ids.map((each) => ({
      queryKey: [base, `/strategies/${each}`, {}],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        ask<Strategy>(`${base}/strategies/${encodeURIComponent(each)}`, {}, signal),
      staleTime: 300_000,
    })),
    combine: (results) => results.flatMap(({ data }) => data ?? []),
  })
  const rules = new Map(
    strategies.flatMap((strategy) => strategy.rules.map((rule) => [rule.id, rule] as const)),
  )
  return { answer, strategies, rules }
}
