import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { validator } from 'hono/validator'
import type { z } from 'zod'
import type { Commands } from '../commands.ts'
import type { Detection } from '../detection.ts'
import { alertView, findingView, incidentView, instant } from '../domain/alert-view.ts'
import { UserError } from '../domain/errors.ts'
import { SOURCE_NAMES } from '../domain/event.ts'
import type { Reader } from '../store/store.ts'
import { createSchemas } from './api-schema.ts'
import type { Auth } from './auth.ts'
import {
  actorOf,
  fromHere,
  isJson,
  known,
  refusal,
  secureHeaders,
  SESSION_COOKIE,
  unauthorized,
  type ApiEnvironment,
} from './guard.ts'
import { liveStream } from './live-stream.ts'
import type { LiveMessage } from './live.ts'
import type { DaemonStatus } from './status.ts'
import { responseView, strategyHead, strategyView } from './strategy-view.ts'

const BODY_LIMIT = 65_536
const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8' }
/** Live streams at one time. */
const STREAM_LIMIT = 32
/** Alerts that an incident is answered with; the rest are a page of `/api/alerts?incident=` each. */
const INCIDENT_ALERTS = 50

export interface ApiParts {
  readonly reader: Reader
  readonly commands: Commands
  readonly detection: () => Detection
  readonly auth: Auth
  readonly status: () => DaemonStatus
  readonly live: { subscribe(listener: (message: LiveMessage) => void): () => void }
  readonly now: () => number
  /** `Host` headers that are served: `127.0.0.1:7410`, `localhost:7410`, `[::1]:7410`. */
  readonly hosts: () => readonly string[]
  /** Told of what is a bug or broken I/O; the asker learns only that it happened. */
  readonly report?: (cause: unknown) => void
}

/** What a console or a command line asks of the daemon; `hc<Api>` types a client. */
export type Api = ReturnType<typeof createApi>

/**
 * The HTTP API. Nothing but `GET /health` answers without the command line's token or a session (loopback is
 * not trusted). JSON in and out; times are ISO 8601; what fails is `{error, mend}`.
 */
export function createApi(parts: ApiParts) {
  const { reader, commands, detection, auth, now } = parts
  const schemas = createSchemas(now)
  let streams = 0

  const api = new Hono<ApiEnvironment>()
    .use(secureHeaders)
    .get('/health', (context) => context.json({ status: 'ok' }))
    .use(fromHere(parts.hosts))
    .get('/login', (context) => {
      const token = context.req.query('token')
      // A HEAD request, as previews of links send it, must not use the link up.
      if (token === undefined || context.req.method !== 'GET') return unauthorized(context)
      const redeemed = auth.redeem(token)
      if (redeemed.kind === 'limited') {
        context.header('Retry-After', String(redeemed.retryAfter))
        return context.json(refusal('too many wrong login links', `wait ${redeemed.retryAfter} s`), 429)
      }
      if (redeemed.kind === 'refused') return unauthorized(context)
      setCookie(context, SESSION_COOKIE, redeemed.secret, {
        path: '/',
        httpOnly: true,
        sameSite: 'Strict',
        secure: context.req.header('x-forwarded-proto') === 'https',
      })
      return context.redirect('/', 303)
    })
    .use(known(auth))
    .use(
      bodyLimit({
        maxSize: BODY_LIMIT,
        onError: (context) => context.json(refusal('the body is larger than 64 KiB', 'send less'), 413),
      }),
    )

  const routes = api
    .get('/', (context) =>
      context.text(`Tallyman ${parts.status().version}: you are logged in. The API is at /api.\n`),
    )
    .get('/api', (context) => context.json({ routes: ROUTES }))
    .post('/api/logout', (context) => {
      auth.end(context.get('credential'))
      deleteCookie(context, SESSION_COOKIE, { path: '/' })
      return context.json({ loggedOut: true })
    })
    .get('/api/status', (context) => {
      const { version, started, inputs } = parts.status()
      return context.json({
        version,
        started: instant(started),
        inputs: inputs.map(({ lastBatch, ...input }) => ({
          ...input,
          ...(lastBatch === undefined ? {} : { lastBatch: instant(lastBatch) }),
        })),
      })
    })
    .get('/api/alerts', asked(schemas.alerts), (context) => {
      const { items, next } = reader.alerts(given(context.req.valid('query')))
      return context.json({ items: items.map(alertView), ...following(next) })
    })
    .get('/api/alerts/:id', (context) => {
      const alert = reader.alert(context.req.param('id'))
      return alert === undefined ? context.json(absent('alert'), 404) : context.json(alertView(alert))
    })
    .post('/api/alerts/:id/close', sent(schemas.close), (context) => {
      const id = context.req.param('id')
      const before = reader.alert(id)
      if (before === undefined) return context.json(absent('alert'), 404)
      if (before.status === 'closed')
        return context.json(refusal('the alert is closed already', 'see its verdict'), 409)
      commands.closeAlert({ id, ...context.req.valid('json') }, actorOf(context))
      return context.json(alertView(reader.alert(id) ?? before))
    })
    .get('/api/incidents', asked(schemas.incidents), (context) => {
      const { items, next } = reader.incidents(given(context.req.valid('query')))
      return context.json({ items: items.map(incidentView), ...following(next) })
    })
    .get('/api/incidents/:id', (context) => {
      const incident = reader.incident(context.req.param('id'))
      if (incident === undefined) return context.json(absent('incident'), 404)
      const { items, next } = reader.alerts({ incident: incident.id, limit: INCIDENT_ALERTS })
      const concerned = new Set(incident.alerts.map(({ strategy }) => strategy))
      return context.json({
        incident: incidentView(incident),
        alerts: { items: items.map(alertView), ...following(next) },
        response: detection()
          .strategies.filter(({ id }) => concerned.has(id))
          .map(responseView),
      })
    })
    .get('/api/posture', asked(schemas.posture), (context) => {
      const { items, next } = reader.alerts({ ...given(context.req.valid('query')), posture: true })
      return context.json({ items: items.map(alertView), ...following(next) })
    })
    .post('/api/posture/adopt', sent(schemas.adopt), async (context) => {
      const filters = await commands.adopt(given(context.req.valid('json')), actorOf(context))
      return context.json({ filters })
    })
    .get('/api/strategies', (context) => {
      const current = detection()
      return context.json({ items: current.strategies.map((strategy) => strategyHead(strategy, current)) })
    })
    .get('/api/strategies/:id', (context) => {
      const current = detection()
      const found = current.strategies.find(({ id }) => id === context.req.param('id'))
      return found === undefined
        ? context.json(absent('strategy'), 404)
        : context.json(strategyView(found, current))
    })
    .get('/api/sources', (context) => {
      const { sources } = reader.totals()
      return context.json({ items: SOURCE_NAMES.map((name) => ({ name, evaluated: sources[name] ?? 0 })) })
    })
    .get('/api/findings', asked(schemas.few), (context) =>
      context.json({ items: reader.findings(context.req.valid('query').limit).map(findingView) }),
    )
    .get('/api/failures', asked(schemas.few), (context) =>
      context.json({ items: reader.failures(context.req.valid('query').limit) }),
    )
    .get('/api/totals', (context) => context.json(reader.totals()))
    .get('/api/silences', (context) =>
      context.json({
        items: detection().site.silences.map(({ id, owner, reason, until, rules, match }) => ({
          id,
          owner,
          reason,
          until,
          active: now() < Date.parse(until),
          ...(rules === undefined ? {} : { rules }),
          match,
        })),
      }),
    )
    .post('/api/silences', sent(schemas.silence), async (context) => {
      const id = await commands.addSilence(given(context.req.valid('json')), actorOf(context))
      return context.json({ id }, 201)
    })
    .get('/api/audit', asked(schemas.few), (context) =>
      context.json({
        items: reader
          .auditTrail(context.req.valid('query').limit)
          .map((row) => ({ ...row, at: instant(row.at) })),
      }),
    )
    .get('/api/stream', (context) => {
      // Nobody would read the body of a HEAD request, nor cancel it.
      if (context.req.method !== 'GET') return context.body(null, 200, EVENT_STREAM)
      if (streams >= STREAM_LIMIT) return context.json(refusal('too many live streams', 'close one'), 503)
      const credential = context.get('credential')
      streams += 1
      const body = liveStream({
        subscribe: (listener) => parts.live.subscribe(listener),
        holds: () => auth.holds(credential),
        ended(why) {
          streams -= 1
          if (why === 'slow') hangUp(context.env)
        },
      })
      return context.body(body, 200, EVENT_STREAM)
    })

  routes.notFound((context) => context.json(absent('route'), 404))
  routes.onError((cause, context) => {
    if (cause instanceof HTTPException)
      return context.json(refusal(cause.message, 'correct the request'), cause.status)
    if (cause instanceof UserError) {
      // One with a file is about the daemon's own files, not about the request.
      return context.json(
        refusal(cause.message, cause.mend ?? 'correct the request'),
        cause.file === undefined ? 422 : 503,
      )
    }
    ;(parts.report ?? tell)(cause)
    return context.json(refusal('the daemon failed', 'see what it printed'), 500)
  })
  return routes
}

const ROUTES = [
  'GET /health',
  'GET /login?token=',
  'POST /api/logout',
  'GET /api/status',
  'GET /api/alerts?strategy=&level=&status=&since=&until=&text=&incident=&limit=&after=',
  'GET /api/alerts/:id',
  'POST /api/alerts/:id/close {verdict, note}',
  'GET /api/incidents?level=&status=&since=&until=&text=&limit=&after=',
  'GET /api/incidents/:id',
  'GET /api/posture?strategy=&level=&status=&text=&limit=&after=',
  'POST /api/posture/adopt {alerts?, expires, owner, reason}',
  'GET /api/strategies',
  'GET /api/strategies/:id',
  'GET /api/sources',
  'GET /api/findings?limit=',
  'GET /api/failures?limit=',
  'GET /api/totals',
  'GET /api/silences',
  'POST /api/silences {match, rules?, for, owner, reason}',
  'GET /api/audit?limit=',
  'GET /api/stream',
] as const

/** The query, as the schema says, or 400. */
function asked<S extends z.ZodType>(schema: S) {
  return validator('query', (value, context) => {
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : context.json(complaint(parsed.error), 400)
  })
}

/** The JSON body, as the schema says, or 400; 415 where it is something else. */
function sent<S extends z.ZodType>(schema: S) {
  return validator('json', (value, context) => {
    if (!isJson(context.req.header('content-type'))) {
      return context.json(refusal('the body is not JSON', 'send Content-Type: application/json'), 415)
    }
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : context.json(complaint(parsed.error), 400)
  })
}

function complaint({ issues }: z.ZodError) {
  const places = issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length === 0 ? 'request' : path.join('.')}: ${message}`)
  return refusal(places.join('; ').slice(0, 1_024), 'correct the request; GET /api lists the routes')
}

function absent(noun: string) {
  return refusal(`no such ${noun}`, 'GET /api lists the routes')
}

function following(next: string | undefined) {
  return next === undefined ? {} : { next }
}

/** Without the keys that are undefined: a part that was left out is not there. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

/** A client that does not read never drains its socket: cut it. Bindings are those of `@hono/node-server`. */
function hangUp(bindings: unknown): void {
  ;(bindings as { readonly outgoing?: { destroy(): void } } | undefined)?.outgoing?.destroy()
}

function tell(cause: unknown): void {
  process.stderr.write(
    `the API failed: ${JSON.stringify(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))}\n`,
  )
}
