import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { UserError } from '../domain/errors.ts'
import type { Auth } from './auth.ts'
import { DATA_ROUTES, dataRoutes, type DataParts } from './data-routes.ts'
import {
  absent,
  fromHere,
  known,
  refusal,
  secureHeaders,
  SESSION_COOKIE,
  unauthorized,
  type ApiEnvironment,
} from './guard.ts'
import { streamOpener } from './open-stream.ts'
import { START_ROUTES, startRoutes, type StartParts } from './start-routes.ts'

const BODY_LIMIT = 65_536

export interface ApiParts {
  readonly data: DataParts
  /** A second set of data under `/tour/api`, once there is one. */
  readonly tour?: () => DataParts | undefined
  readonly start: StartParts
  readonly auth: Auth
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
  const { auth, now } = parts
  const openStream = streamOpener(auth)

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
      context.text(`Tallyman ${parts.data.status().version}: you are logged in. The API is at /api.\n`),
    )
    .get('/api', (context) => context.json({ routes: ROUTES }))
    .post('/api/logout', (context) => {
      auth.end(context.get('credential'))
      deleteCookie(context, SESSION_COOKIE, { path: '/' })
      return context.json({ loggedOut: true })
    })
    .route('/api', dataRoutes({ data: () => parts.data, now, openStream }))
    .route('/api', startRoutes(parts.start))
    .route('/tour/api', dataRoutes({ data: () => parts.tour?.(), now, openStream }))

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
  ...[...DATA_ROUTES, ...START_ROUTES].map((route) => route.replace(' /', ' /api/')),
]

function tell(cause: unknown): void {
  process.stderr.write(
    `the API failed: ${JSON.stringify(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))}\n`,
  )
}
