import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { Auth } from './auth.ts'
import { refusal, sessionCookie, unauthorized, wantsPage, type ApiEnvironment } from './guard.ts'
import { plainPage } from './plain-page.ts'

/** Writes to the audit trail; throws where that cannot be. */
export type Audit = (actor: string, action: string, detail: unknown) => void

/**
 * `GET /login?token=`: uses a link up and leads to the console with the session's cookie, and its key in the
 * fragment, which no server, log or `Referer` sees; the console takes it out of the address at once. It leads there
 * from a page of this origin: after a redirect, who came by a chat or a mail would still come from there, and the
 * browser would keep the strict cookie back (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.2).
 */
export function login(auth: Auth, audit: Audit) {
  return (context: Context<ApiEnvironment>) => {
    const token = context.req.query('token')
    if (token === undefined || looksAhead(context)) return unauthorized(context)
    const redeemed = auth.redeem(token)
    if (redeemed.kind === 'limited') {
      context.header('Retry-After', String(redeemed.retryAfter))
      return wantsPage(context)
        ? context.html(
            plainPage({
              ...TOO_MANY,
              body: `<p>Wait ${redeemed.retryAfter} seconds, then open a new one.</p>`,
            }),
            429,
          )
        : context.json(refusal('too many wrong login links', `wait ${redeemed.retryAfter} s`), 429)
    }
    if (redeemed.kind === 'refused') {
      return wantsPage(context) ? context.html(USED, 401) : unauthorized(context)
    }
    const { secrets, credential } = redeemed
    audit('console', 'session.login', named(credential))
    setCookie(context, sessionCookie(context.req.header('host')), secrets.session, {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      secure: context.req.header('x-forwarded-proto') === 'https',
    })
    return context.html(leadingTo(`/#key=${secrets.key}`))
  }
}

/** `POST /api/logout`: ends the session that asks. */
export function logout(auth: Auth, audit: Audit) {
  return (context: Context<ApiEnvironment>) => {
    const credential = context.get('credential')
    if (credential.kind === 'session') audit('console', 'session.logout', named(credential))
    auth.end(credential)
    deleteCookie(context, sessionCookie(context.req.header('host')), { path: '/' })
    return context.json({ loggedOut: true })
  }
}

/** The beginning of a hash tells sessions apart in the audit trail and opens none. */
function named(credential: ReturnType<Auth['identify']> & {}): { readonly session?: string } {
  return credential.kind === 'session' ? { session: credential.key.slice(0, 12) } : {}
}

/**
 * A preview of the link, or a browser that fetches what might be opened next, must not use it up
 * (https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header).
 */
function looksAhead({ req }: Context): boolean {
  const purpose = `${req.header('sec-purpose') ?? ''} ${req.header('purpose') ?? ''} ${req.header('x-moz') ?? ''}`
  return req.method !== 'GET' || /prefetch|prerender|preview/i.test(purpose)
}

const TOO_MANY = { title: 'not logged in', heading: 'Too many wrong login links were opened.' }
const USED = plainPage({
  title: 'not logged in',
  heading: 'This login link was used already, or is older than 15 minutes.',
  body:
    '<p>A link works once. Run <code>tallyman login</code> on the machine of the daemon for another one. ' +
    'If it was opened in this browser before, <a href="/">the console</a> is open to you.</p>',
})

/** At once, without a script, and with a link for a browser that is told to stay. `path` is ours. */
function leadingTo(path: string): string {
  return plainPage({
    title: 'logged in',
    heading: 'Logged in.',
    head: `<meta http-equiv="refresh" content="0; url=${path}">`,
    body: `<p><a href="${path}">On to the console</a></p>`,
  })
}
