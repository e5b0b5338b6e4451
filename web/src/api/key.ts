// Both names are known to the page that stands in the console's place for who is not logged in (src/daemon/console-gate.ts).
const STORED_AS = 'tallyman.key'
const PLACE_STORED_AS = 'tallyman.place'
const KEY = /^[\w-]{1,128}$/

/**
 * The second half of a session, beside the cookie. A cookie of 127.0.0.1 is sent to every port of it; what
 * an origin stores is its own. The login link hands it over behind the `#`, which no server ever sees.
 */
export function takeKey(): void {
  const given = /^#key=([^&]*)$/.exec(window.location.hash)?.[1]
  if (given === undefined) return
  const { pathname, search } = window.location
  const left = pathname === '/' && search === '' ? window.localStorage.getItem(PLACE_STORED_AS) : null
  window.localStorage.removeItem(PLACE_STORED_AS)
  // A path of this origin: one slash, for two would name another host.
  const place = left !== null && /^\/(?![/\\])/.test(left) ? left : pathname + search
  window.history.replaceState(null, '', place)
  if (KEY.test(given)) window.localStorage.setItem(STORED_AS, given)
}

/** Where the reader was when the session ended: the next login leads there. */
export function rememberPlace(): void {
  window.localStorage.setItem(PLACE_STORED_AS, window.location.pathname + window.location.search)
}

export function readKey(): string | undefined {
  const stored = window.localStorage.getItem(STORED_AS)
  return stored !== null && KEY.test(stored) ? stored : undefined
}

export function forgetKey(): void {
  window.localStorage.removeItem(STORED_AS)
}

/** Calls back when another tab logs in. */
export function onNewKey(listener: () => void): () => void {
  const heard = ({ key, newValue }: StorageEvent): void => {
    if (key === STORED_AS && newValue !== null) listener()
  }
  window.addEventListener('storage', heard)
  return () => window.removeEventListener('storage', heard)
}
