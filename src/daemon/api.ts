import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { UserError } from '../domain/errors.ts'
import { AGENT_ROUTES, agentRoutes } from './agent-changes.ts'
import type { Auth } from './auth.ts'
import { consoleFiles, type ConsoleFiles } from './console-files.ts'
import { consoleGate } from './console-gate.ts'
import type { Reloaded } from './current-detection.ts'
import { DATA_ROUTES, dataRoutes, type DataParts } from './data-routes.ts'
import { absent, actorOf, fromHere, known, refusal, secureHeaders, type ApiEnvironment } from './guard.ts'
import { login, logout, type Audit } from './login.ts'
import { streamOpener } from './open-stream.ts'
import { START_ROUTES, startRoutes, type StartParts } from './start-routes.ts'

const BODY_LIMIT = 65_536
/** What a key learned may be much. */
const IMPORT = { path: '/api/baselines/import', limit: 16 * 2 ** 20 }

const limit = bodyLimit({
  maxSize: BODY_LIMIT,
  onError: (context) => context.json(refusal('the body is larger than 64 KiB', 'send less'), 413),
})
const importLimit = bodyLimit({
  maxSize: IMPORT.limit,
  onError: (context) =>
    context.json(refusal('the body is larger than 16 MiB', 'import fewer keys at once'), 413),
})

export interface ApiParts {
  readonly data: DataParts
  /** A second set of data under `/tour/api`, once there is one. */
  readonly tour?: () => DataParts | undefined
  readonly start: StartParts
  /** Who may send, and where that is audited. */
  readonly agents: Parameters<typeof agentRoutes>[0]
  /** Reads the site, the strategies and the rules again. */
  readonly reload: () => Promise<Reloaded>
  readonly auth: Auth
  /** The built console, read at start. */
  readonly console: ConsoleFiles
  /** Who logged in and out is part of the audit trail. */
  readonly audit: Audit
  readonly now: () => number
  /** `Host` headers that are served: `127.0.0.1:7410`, `localhost:7410`, `[::1]:7410`. */
  readonly hosts: () => readonly string[]
  /** Told of what is a bug or broken I/O; the asker learns only that it happened. */
  readonly report?: (cause: unknown) => void
}

/** What a console or a command line asks of the daemon; `hc<Api>` types a client. */
export type Api = ReturnType<typeof createApi>

/**
 * The HTTP API, and the console's files. Nothing but `GET /health` answers without the command line's token or a
 * session (loopback is not trusted); the files, which hold no data, take its cookie alone. JSON in and out; times
 * are ISO 8601; what fails is `{error, mend}`.
 */
export function createApi(parts: ApiParts) {
  const { auth, now } = parts
  const openStream = streamOpener(auth)

  const api = new Hono<ApiEnvironment>()
    .use(secureHeaders)
    .get('/health', (context) => context.json({ status: 'ok' }))
    .use(fromHere(parts.hosts))
    .get('/login', login(auth, parts.audit))
    .use(consoleGate(auth))
    .use(consoleFiles(parts.console))
    .use(known(auth))
    .use((context, next) => (context.req.path === IMPORT.path ? importLimit : limit)(context, next))

  const routes = api
    .get('/api', (context) => context.json({ routes: ROUTES }))
    .post('/api/logout', logout(auth, parts.audit))
    .post('/api/reload', async (context) => {
      const reloaded = await parts.reload()
      parts.audit(actorOf(context), 'reload', { problems: reloaded.problems.length })
      return context.json(reloaded)
    })
    .route('/api', dataRoutes({ data: () => parts.data, now, openStream }))
    .route('/api', startRoutes(parts.start))
    .route('/api', agentRoutes(parts.agents))
    .route('/tour/api', startRoutes(parts.start))
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
  'POST /api/reload',
  ...[...DATA_ROUTES, ...START_ROUTES, ...AGENT_ROUTES].map((route) => route.replace(' /', ' /api/')),
]

function tell(cause: unknown): void {
  process.stderr.write(
    `the API failed: ${JSON.stringify(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))}\n`,
  )
}
