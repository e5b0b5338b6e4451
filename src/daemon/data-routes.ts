import { Hono, type Context, type MiddlewareHandler } from 'hono'
import {
  baselineNamed,
  baselinesReport,
  keyReport,
  keysOfAll,
  keysReport,
  learnedAbout,
  learnedOf,
  toldReport,
} from '../baseline-report.ts'
import type { Commands } from '../commands.ts'
import { coverageReport } from '../coverage-report.ts'
import type { Detection } from '../detection.ts'
import { alertView, findingView, incidentView, instant } from '../domain/alert-view.ts'
import { SOURCE_NAMES } from '../domain/event.ts'
import { entityLabel } from '../domain/entity-label.ts'
import type { Assessment } from '../engine/assumptions.ts'
import { notificationView, sinkSummaryView } from '../domain/notice-view.ts'
import { sources } from '../sources/index.ts'
import type { Limit } from '../limits.ts'
import type { Histogram, Reader } from '../store/store.ts'
import type { ComputedLevel } from '../strategy/levels.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { withCreators } from '../inventory/with-creators.ts'
import { viewsReport } from '../views/report.ts'
import { createSchemas } from './api-schema.ts'
import { absent, actorOf, refusal, type ApiEnvironment } from './guard.ts'
import type { LiveMessage } from './live.ts'
import { statusView, type DaemonStatus } from './status.ts'
import { responseView, strategyHead, strategyView } from './strategy-view.ts'
import { asked, given, sent } from './validated.ts'

/** What one set of data consists of: the daemon's own, or another store that answers the same questions. */
export interface DataParts {
  readonly reader: Reader
  readonly commands: Commands
  readonly detection: () => Detection
  /** How far a strategy is proven; undefined until that is known. */
  readonly levelOf: (strategy: Strategy) => ComputedLevel | undefined
  readonly limits: () => readonly Limit[]
  readonly status: () => DaemonStatus
  /** IANA zone in which baselines know hours and days. */
  readonly zone: string
  /** What each assumption came to when they were judged last; undefined where nobody judges. */
  readonly assessments?: () => readonly Assessment[] | undefined
  readonly live: { subscribe(listener: (message: LiveMessage) => void): () => void }
}

/** What the routes need beside the data. */
export interface DataRoutesParts {
  /** Asked at each request: undefined while there is nothing, which answers 404. */
  readonly data: () => DataParts | undefined
  readonly now: () => number
  readonly openStream: (context: Context<DataEnvironment>, live: DataParts['live']) => Response
}

export interface DataEnvironment {
  Variables: ApiEnvironment['Variables'] & { data: DataParts }
}

/** Types a client of one set of data: `hc<DataApi>('/api')`. */
export type DataApi = ReturnType<typeof dataRoutes>

/** Alerts that an incident is answered with; the rest are a page of `alerts?incident=` each. */
const INCIDENT_ALERTS = 50
/** Keys of a page, unless told. */
const BASELINE_KEYS = 100
const TITLES = new Map<string, string>(sources.map(({ name, title }) => [name, title]))

/** Questions and changes about one set of data, relative to where they are mounted. */
export function dataRoutes({ data, now, openStream }: DataRoutesParts) {
  const schemas = createSchemas(now)
  return new Hono<DataEnvironment>()
    .use(withData(data))
    .get('/status', (context) => context.json(statusView(context.get('data').status())))
    .get('/alerts', asked(schemas.alerts), (context) => {
      const { items, next } = context.get('data').reader.alerts(given(context.req.valid('query')))
      return context.json({ items: items.map(alertView), ...following(next) })
    })
    .get('/alerts/:id', (context) => {
      const alert = context.get('data').reader.alert(context.req.param('id'))
      return alert === undefined ? context.json(absent('alert'), 404) : context.json(alertView(alert))
    })
    .get('/alerts/:id/baselines', (context) => {
      const { reader, detection } = context.get('data')
      const alert = reader.alert(context.req.param('id'))
      if (alert === undefined) return context.json(absent('alert'), 404)
      return context.json({ items: toldReport(detection().ruleset, alert) })
    })
    .post('/alerts/:id/close', sent(schemas.close), (context) => {
      const { reader, commands } = context.get('data')
      const id = context.req.param('id')
      const before = reader.alert(id)
      if (before === undefined) return context.json(absent('alert'), 404)
      if (before.status === 'closed')
        return context.json(refusal('the alert is closed already', 'see its verdict'), 409)
      commands.closeAlert({ id, ...context.req.valid('json') }, actorOf(context))
      return context.json(alertView(reader.alert(id) ?? before))
    })
    .get('/incidents', asked(schemas.incidents), (context) => {
      const { items, next } = context.get('data').reader.incidents(given(context.req.valid('query')))
      return context.json({ items: items.map(incidentView), ...following(next) })
    })
    .get('/incidents/histogram', asked(schemas.histogram), (context) => {
      const { reader } = context.get('data')
      return context.json(histogramView(reader.histogram(given(context.req.valid('query')), now())))
    })
    .get('/incidents/:id', (context) => {
      const { reader, detection, levelOf } = context.get('data')
      const incident = reader.incident(context.req.param('id'))
      if (incident === undefined) return context.json(absent('incident'), 404)
      const { items, next } = reader.alerts({ incident: incident.id, limit: INCIDENT_ALERTS })
      const concerned = new Set(incident.alerts.map(({ strategy }) => strategy))
      const strategies = detection().strategies.filter(({ id }) => concerned.has(id))
      return context.json({
        incident: incidentView(incident),
        alerts: { items: items.map(alertView), ...following(next) },
        strategies: strategies.map((strategy) => ({
          id: strategy.id,
          title: strategy.title,
          ...levelView(levelOf(strategy)),
        })),
        response: strategies.map(responseView),
      })
    })
    .post('/incidents/:id/close', sent(schemas.close), (context) => {
      const { reader, commands } = context.get('data')
      const id = context.req.param('id')
      const before = reader.incident(id)
      if (before === undefined) return context.json(absent('incident'), 404)
      if (before.status === 'closed')
        return context.json(refusal('the incident is closed already', 'see the verdicts of its alerts'), 409)
      const closed = commands.closeIncident({ id, ...context.req.valid('json') }, actorOf(context))
      return context.json({ closed, incident: incidentView(reader.incident(id) ?? before) })
    })
    .get('/posture', asked(schemas.posture), (context) => {
      const query = { ...given(context.req.valid('query')), posture: true }
      const { items, next } = context.get('data').reader.alerts(query)
      return context.json({ items: items.map(alertView), ...following(next) })
    })
    .post('/posture/adopt', sent(schemas.adopt), async (context) => {
      const request = given(context.req.valid('json'))
      const filters = await context.get('data').commands.adopt(request, actorOf(context))
      return context.json({ filters })
    })
    .get('/strategies', (context) => {
      const { detection, levelOf } = context.get('data')
      const current = detection()
      return context.json({
        items: current.strategies.map((strategy) => ({
          ...strategyHead(strategy, current),
          ...levelView(levelOf(strategy)),
        })),
      })
    })
    .get('/strategies/:id', (context) => {
      const { detection, levelOf } = context.get('data')
      const current = detection()
      const found = current.strategies.find(({ id }) => id === context.req.param('id'))
      if (found === undefined) return context.json(absent('strategy'), 404)
      const computed = levelOf(found)
      return context.json({
        ...strategyView(found, current),
        ...levelView(computed),
        next: computed?.missing ?? [],
      })
    })
    .get('/coverage', (context) => {
      const { reader, detection, levelOf, assessments } = context.get('data')
      return context.json(
        coverageReport({
          detection: detection(),
          stored: reader.coverage(),
          learned: learnedOf(detection().ruleset, reader),
          assessments: assessments?.(),
          levelOf: (strategy) => levelOf(strategy)?.level,
          now: now(),
        }),
      )
    })
    .get('/baselines', (context) => {
      const { reader, detection } = context.get('data')
      return context.json({ items: baselinesReport(detection().ruleset, reader) })
    })
    .get('/baselines/keys', asked(schemas.baselineKeys), (context) => {
      const { reader, detection } = context.get('data')
      const { rule, ...query } = given(context.req.valid('query'))
      const baseline = baselineNamed(detection().ruleset, rule)
      if (baseline === undefined) return context.json(absent('baseline'), 404)
      const items = keysReport(baseline, query, reader)
      const isWhole = items.length < (query.limit ?? BASELINE_KEYS)
      return context.json({ items, ...following(isWhole ? undefined : items.at(-1)?.key) })
    })
    .get('/baselines/search', asked(schemas.baselineSearch), (context) => {
      const { reader, detection } = context.get('data')
      return context.json({
        items: keysOfAll(detection().ruleset, given(context.req.valid('query')), reader),
      })
    })
    .get('/baselines/about', asked(schemas.baselineAbout), (context) => {
      const { reader, detection } = context.get('data')
      const { incident, container } = context.req.valid('query')
      const entity =
        incident === undefined
          ? reader.container(container ?? '')?.resource
          : reader.incident(incident)?.entity
      if (entity === undefined)
        return context.json(absent(incident === undefined ? 'container' : 'incident'), 404)
      const items = learnedAbout(detection().ruleset, entity, reader)
      return context.json({ label: entityLabel(entity), entity, items })
    })
    .get('/baselines/key', asked(schemas.baselineKey), (context) => {
      const { reader, detection, zone } = context.get('data')
      const { rule, key } = context.req.valid('query')
      const { ruleset } = detection()
      const baseline = baselineNamed(ruleset, rule)
      const found = baseline && keyReport(ruleset, { baseline, key, zone }, reader)
      return found === undefined ? context.json(absent('key'), 404) : context.json(found)
    })
    .post('/baselines/approve', sent(schemas.baselineChange), (context) => {
      const { commands, detection } = context.get('data')
      const { rule, ...change } = context.req.valid('json')
      const baseline = baselineNamed(detection().ruleset, rule)
      if (baseline === undefined) return context.json(absent('baseline'), 404)
      commands.approveBaseline({ baseline, ...change }, actorOf(context))
      return context.json({ approved: true })
    })
    .post('/baselines/forget', sent(schemas.baselineChange), (context) => {
      const { commands, detection } = context.get('data')
      const { rule, ...change } = context.req.valid('json')
      const baseline = baselineNamed(detection().ruleset, rule)
      if (baseline === undefined) return context.json(absent('baseline'), 404)
      commands.forgetBaseline({ baseline, ...change }, actorOf(context))
      return context.json({ forgotten: true })
    })
    .post('/baselines/import', sent(schemas.baselineImport), (context) => {
      const { commands, detection } = context.get('data')
      const { rows } = given(context.req.valid('json'))
      return context.json(commands.importBaselines(detection().ruleset.baselines, rows, actorOf(context)))
    })
    .get('/containers', (context) => {
      const { reader } = context.get('data')
      return context.json(viewsReport(reader.views(), withCreators(reader), now()))
    })
    .get('/sources', (context) => {
      const { sources: evaluated } = context.get('data').reader.totals()
      return context.json({
        items: SOURCE_NAMES.map((name) => ({
          name,
          title: TITLES.get(name) ?? name,
          evaluated: evaluated[name] ?? 0,
        })),
      })
    })
    .get('/limits', (context) => context.json({ items: context.get('data').limits() }))
    .get('/findings', asked(schemas.few), (context) => {
      const { limit } = context.req.valid('query')
      return context.json({ items: context.get('data').reader.findings(limit).map(findingView) })
    })
    .get('/failures', asked(schemas.few), (context) => {
      const { limit } = context.req.valid('query')
      return context.json({ items: context.get('data').reader.failures(limit) })
    })
    .get('/totals', (context) => context.json(context.get('data').reader.totals()))
    .get('/silences', (context) => {
      const { site } = context.get('data').detection()
      return context.json({
        items: site.silences.map(({ id, owner, reason, until, rules, match }) => ({
          id,
          owner,
          reason,
          until,
          active: now() < Date.parse(until),
          ...(rules === undefined ? {} : { rules }),
          match,
        })),
      })
    })
    .post('/silences', sent(schemas.silence), async (context) => {
      const request = given(context.req.valid('json'))
      const id = await context.get('data').commands.addSilence(request, actorOf(context))
      return context.json({ id }, 201)
    })
    .get('/audit', asked(schemas.few), (context) => {
      const rows = context.get('data').reader.auditTrail(context.req.valid('query').limit)
      return context.json({ items: rows.map((row) => ({ ...row, at: instant(row.at) })) })
    })
    .get('/notifications', asked(schemas.notifications), (context) => {
      const { items, next } = context.get('data').reader.notifications(given(context.req.valid('query')))
      return context.json({ items: items.map(notificationView), ...following(next) })
    })
    .get('/notifications/summary', (context) =>
      context.json({ items: context.get('data').reader.sinkSummaries().map(sinkSummaryView) }),
    )
    .post('/notifications/retry', sent(schemas.retrySink), async (context) => {
      const { sink } = context.req.valid('json')
      return context.json({ retried: await context.get('data').commands.retrySink(sink, actorOf(context)) })
    })
    .post('/notifications/:id{[0-9]+}/retry', (context) => {
      const { reader, commands } = context.get('data')
      const id = Number(context.req.param('id'))
      if (reader.notification(id) === undefined) return context.json(absent('notification'), 404)
      commands.retryNotification(id, actorOf(context))
      return context.json({ retried: String(id) })
    })
    .post('/notifications/:id{[0-9]+}/dismiss', (context) => {
      const { reader, commands } = context.get('data')
      const id = Number(context.req.param('id'))
      if (reader.notification(id) === undefined) return context.json(absent('notification'), 404)
      commands.dismissNotification(id, actorOf(context))
      return context.json({ dismissed: String(id) })
    })
    .get('/stream', (context) => openStream(context, context.get('data').live))
}

/** What `GET /api` tells of these routes. */
export const DATA_ROUTES = [
  'GET /status',
  'GET /alerts?strategy=&rule=&level=&status=&since=&until=&text=&incident=&limit=&after=',
  'GET /alerts/:id',
  'GET /alerts/:id/baselines',
  'POST /alerts/:id/close {verdict, note}',
  'GET /incidents?kind=&strategy=&entity=&level=&status=&since=&until=&text=&limit=&after=',
  'GET /incidents/histogram?kind=&strategy=&entity=&level=&status=&since=&until=&text=',
  'GET /incidents/:id',
  'POST /incidents/:id/close {verdict, note}',
  'GET /posture?strategy=&level=&status=&text=&limit=&after=',
  'POST /posture/adopt {alerts?, expires, owner, reason}',
  'GET /strategies',
  'GET /strategies/:id',
  'GET /coverage',
  'GET /containers',
  'GET /sources',
  'GET /limits',
  'GET /findings?limit=',
  'GET /failures?limit=',
  'GET /totals',
  'GET /silences',
  'POST /silences {match, rules?, for, owner, reason}',
  'GET /audit?limit=',
  'GET /baselines',
  'GET /baselines/keys?rule=&status=&text=&limit=&after=',
  'GET /baselines/key?rule=&key=',
  'GET /baselines/search?status=&text=&limit=',
  'GET /baselines/about?incident=&container=',
  'POST /baselines/approve {rule, key, value?}',
  'POST /baselines/forget {rule, key, value?}',
  'POST /baselines/import {rows}',
  'GET /notifications?state=&sink=&limit=&after=',
  'GET /notifications/summary',
  'POST /notifications/retry {sink}',
  'POST /notifications/:id/retry',
  'POST /notifications/:id/dismiss',
  'GET /stream',
] as const

function withData(data: () => DataParts | undefined): MiddlewareHandler<DataEnvironment> {
  return async (context, next) => {
    const parts = data()
    if (parts === undefined)
      return context.json(refusal('there is no such data yet', 'GET /api lists the routes'), 404)
    context.set('data', parts)
    return next()
  }
}

/** A strategy has no level while its tests were not run yet, nor where it does not parse. */
function levelView(computed: ComputedLevel | undefined) {
  return computed?.level === undefined ? {} : { level: computed.level }
}

function histogramView({ since, until, step, buckets }: Histogram) {
  return {
    since: instant(since),
    until: instant(until),
    step,
    buckets: buckets.map(({ time, counts }) => ({ time: instant(time), counts })),
  }
}

function following(next: string | undefined) {
  return next === undefined ? {} : { next }
}
