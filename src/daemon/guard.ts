import type { Context, MiddlewareHandler } from 'hono'
import type { Auth, Credential, Shown } from './auth.ts'

/**
 * The cookie's name at one address. A browser keeps the cookies of all ports of a host together: two daemons on
 * one machine must not take each other's place.
 */
export function sessionCookie(host: string | undefined): string {
  const port = /:(\d{1,5})$/.exec(host ?? '')?.[1]
  return port === undefined ? 'tallyman_session' : `tallyman_session_${port}`
}

/** All values of one cookie: another port of this host may have set one of the same name beside ours. */
export function cookiesOf({ req }: Context, name: string): readonly string[] {
  return (req.header('cookie') ?? '').split(';').flatMap((pair) => {
    const [given, value] = pair.split('=', 2)
    return given?.trim() === name && value !== undefined ? [value.trim()] : []
  })
}

/** What later handlers know of the request. */
export interface ApiEnvironment {
  Variables: { credential: Credential }
}

/** What every refusal and failure says: what went wrong, and what the reader can do. */
export interface Refusal {
  readonly error: string
  readonly mend: string
}

const SECURE_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

/** What the console's files and the pages beside it say of themselves. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['Content-Security-Policy', 'Cache-Control'])

/** Set on every answer, refusals and failures included. No CORS header is ever set. */
export const secureHeaders: MiddlewareHandler = async (context, next) => {
  await next()
  for (const [name, value] of Object.entries(SECURE_HEADERS)) {
    if (!OWN_HEADERS.has(name) || !context.res.headers.has(name)) context.res.headers.set(name, value)
  }
}

/**
 * A name that somebody else points at this address (DNS rebinding) and a page of another origin get nothing.
 * Ports tell origins apart here, although a browser calls them the same site: another container serves there.
 */
export function fromHere(hosts: () => readonly string[]): MiddlewareHandler {
  return async (context, next) => {
    const allowed = hosts().map((host) => host.toLowerCase())
    const host = context.req.header('host')?.toLowerCase()
    if (host === undefined || !allowed.includes(host)) {
      return context.json(
        refusal('this name is not served here', 'use the address that the daemon printed'),
        421,
      )
    }
    const origin = context.req.header('origin')?.toLowerCase()
    if (
      origin !== undefined &&
      !allowed.some((each) => origin === `http://${each}` || origin === `https://${each}`)
    ) {
      return context.json(
        refusal('requests of other origins are refused', 'open the address that the daemon printed'),
        403,
      )
    }
    return next()
  }
}

/** A stranger learns nothing, not even which paths exist. */
export function known(auth: Auth): MiddlewareHandler<ApiEnvironment> {
  return async (context, next) => {
    const credential = auth.identify(shownBy(context))
    if (credential === undefined) return unauthorized(context)
    if (credential.kind === 'session' && forged(context)) {
      return context.json(
        refusal(
          'the request does not come from the console',
          'send the header X-Tallyman: 1 from a page of this origin',
        ),
        403,
      )
    }
    context.set('credential', credential)
    return next()
  }
}

export function shownBy(context: Context): Shown {
  return {
    authorization: context.req.header('authorization'),
    sessions: cookiesOf(context, sessionCookie(context.req.header('host'))),
    key: context.req.header('x-tallyman-key'),
  }
}

export function unauthorized(context: Context): Response {
  return context.json(
    refusal(
      'not logged in',
      'open the login link that the daemon printed, or send the token of the data folder',
    ),
    401,
  )
}

export function refusal(error: string, mend: string): Refusal {
  return { error, mend }
}

export function absent(noun: string): Refusal {
  return refusal(`no such ${noun}`, 'GET /api lists the routes')
}

/**
 * A browser sends its cookie along whoever asked it to. What changes something needs a header or a type that
 * another origin cannot send without being asked for (https://fetch.spec.whatwg.org/#cors-safelisted-request-header);
 * and a browser that says who asks (https://www.w3.org/TR/fetch-metadata/) is heard.
 */
function forged({ req }: Context): boolean {
  const asker = req.header('sec-fetch-site')
  if (asker !== undefined && asker !== 'same-origin' && asker !== 'none') return true
  if (req.method === 'GET' || req.method === 'HEAD') return false
  return req.header('x-tallyman') !== '1' && !isJson(req.header('content-type'))
}

/** Whether a person's browser asks for something to look at. */
export function wantsPage({ req }: Context): boolean {
  return req.header('accept')?.includes('text/html') === true
}

export function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'
}

/** Who acts, for the audit trail. What the command line says of its user is a hint, made harmless. */
export function actorOf<E extends ApiEnvironment>(context: Context<E>): string {
  if (context.get('credential').kind === 'session') return 'console'
  const user = (context.req.header('x-tallyman-user') ?? '').slice(0, 64).replace(/[^\w.@-]/g, '_')
  return user === '' ? 'cli' : `cli:${user}`
}
