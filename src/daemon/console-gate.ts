import { createHash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import type { Auth } from './auth.ts'
import { isData } from './console-files.ts'
import { shownBy, unauthorized, wantsPage } from './guard.ts'
import { plainPage } from './plain-page.ts'

/**
 * Lets through to the console's files whoever is logged in; a stranger learns not even which files exist. The
 * cookie alone is enough: a browser asks for files without the key, and they hold no data.
 */
export function consoleGate(auth: Auth): MiddlewareHandler {
  return async (context, next) => {
    if (isData(context.req.path) || auth.hasSession(shownBy(context))) return next()
    if (!wantsPage(context)) return unauthorized(context)
    if (followsLink(context)) return context.html(ONCE_MORE, 401)
    context.header('Content-Security-Policy', REMEMBERING_POLICY)
    return context.html(NOT_LOGGED_IN, 401)
  }
}

/**
 * A browser keeps a strict cookie back from who comes from another site: by the link of a notification, say, that
 * is read in a web mailer. A page of ours that asks once more comes from here, and brings the cookie
 * (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header).
 */
function followsLink({ req }: Context): boolean {
  return req.header('sec-fetch-site') === 'cross-site'
}

const WORDS = {
  title: 'not logged in',
  heading: 'Not logged in',
  body: `<p>A session ends after twelve idle hours, and with the daemon. On the machine that runs it:</p>
<pre>tallyman login</pre>
<p>and open the link that it prints. It works once, for fifteen minutes, and leads back here.</p>`,
}

/** Without an address it means its own: nothing of the request needs to stand in it. */
const ONCE_MORE = plainPage({
  ...WORDS,
  head: '<meta http-equiv="refresh" content="0">',
  body: `${WORDS.body}\n<p>Where this browser is logged in: <a href="">go on</a>.</p>`,
})

/** As the console does when its session ends: the next login leads back here, also one in another tab (web/src/api/key.ts). */
const REMEMBER = `
localStorage.setItem('tallyman.place', location.pathname + location.search)
addEventListener('storage', ({ key, newValue }) => {
  if (key === 'tallyman.key' && newValue !== null) location.reload()
})
`
const NOT_LOGGED_IN = plainPage({ ...WORDS, body: `${WORDS.body}\n<script>${REMEMBER}</script>` })
const REMEMBERING_POLICY = [
  "default-src 'none'",
  `script-src 'sha256-${createHash('sha256').update(REMEMBER).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
