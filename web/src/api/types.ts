import type { hc, InferResponseType } from 'hono/client'
import type { Api } from '../../../src/daemon/api.ts'
import type { DataApi } from '../../../src/daemon/data-routes.ts'

export type { LiveMessage } from '../../../src/daemon/live.ts'

/** What the API answers, as its routes are typed: nothing is written down twice. Every string may be hostile. */
type Client = ReturnType<typeof hc<DataApi>>
type Start = ReturnType<typeof hc<Api>>['api']
type Answer<Route extends { $get: unknown }> = InferResponseType<Route['$get'], 200>
type Item<Page extends { readonly items: readonly unknown[] }> = Page['items'][number]

export type Level = Incident['level']
export type Resource = Readonly<Record<string, string | readonly string[]>>
export interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string
}

export type Incident = Item<Answer<Client['incidents']>>
export type Alert = Omit<Item<Answer<Client['alerts']>>, 'evidence'> & {
  readonly evidence: readonly Evidence[]
}
export type Evidence = Omit<Item<Answer<Client['alerts']>>['evidence'][number], 'fields' | 'matched'> & {
  readonly fields: Readonly<Record<string, unknown>>
  readonly matched?: readonly { readonly field: string; readonly values: readonly unknown[] }[]
  readonly by?: { readonly id: string; readonly title: string }
}
export type IncidentDetail = Answer<Client['incidents'][':id']> & {
  readonly incident: Incident
  readonly alerts: Page<Alert>
}
export type Response = IncidentDetail['response'][number]
export type Histogram = Answer<Client['incidents']['histogram']>
/** Without a level while that is not known yet. */
export type StrategyHead = Item<Answer<Client['strategies']>> & { readonly level?: string }
export type Strategy = Answer<Client['strategies'][':id']> & { readonly level?: string }
export type Rule = Strategy['rules'][number]
export type Coverage = Answer<Client['coverage']>
export type Baseline = Item<Answer<Client['baselines']>>
export type BaselineHead = Omit<Baseline, 'keys'>
export type BaselineKey = Item<Answer<Client['baselines']['keys']>>
export type FoundKey = Item<Answer<Client['baselines']['search']>>
export type WholeKey = Answer<Client['baselines']['key']>
export type LearnedAbout = Answer<Client['baselines']['about']>
export type Told = Item<Answer<Client['alerts'][':id']['baselines']>>
export type Views = Answer<Client['containers']>
export type ContainerView = Views['containers'][number]
export type StrategyCoverage = Coverage['strategies'][number]
export type SourceCoverage = Coverage['sources'][number]
export type Status = Answer<Client['status']>
export type InputStatus = Status['inputs'][number]
export type Totals = Answer<Client['totals']>
export type Limit = Item<Answer<Client['limits']>>
export type Finding = Item<Answer<Client['findings']>>
export type Failure = Item<Answer<Client['failures']>>
export type Silence = Item<Answer<Client['silences']>>
export type Source = Item<Answer<Client['sources']>>
export type AuditRow = Item<Answer<Client['audit']>>
export type Notification = Item<Answer<Client['notifications']>>
export type SinkSummary = Item<Answer<Client['notifications']['summary']>>
export type Tour = Answer<Start['tour']>
export type Discovery = Answer<Start['discovery']>

export const LEVELS = [
  'critical',
  'high',
  'medium',
  'low',
  'informational',
] as const satisfies readonly Level[]
export const VERDICTS = ['true-positive', 'false-positive', 'benign', 'unclear'] as const
export type Verdict = (typeof VERDICTS)[number]
