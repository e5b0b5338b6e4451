import { headers } from './client.ts'
import { session } from './session.ts'

/**
 * Loads a part of the console that is fetched only when it is looked at. Once the session has ended the daemon
 * refuses it, and what failed does not say why: the API does. Then the page that says how to log in takes over,
 * and this never settles.
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (failure) {
    const answer = await fetch('/api', { headers: headers() })
    if (answer.status !== 401) throw failure
    session.end()
    return new Promise<never>(() => undefined)
  }
}
