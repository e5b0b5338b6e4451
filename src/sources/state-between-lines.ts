import { isObject } from './json.ts'
import type { StreamState } from './stream.ts'

/**
 * Of the state that the decoder of a stream has at one place (JSON), what it is likely to share with any other
 * place between two lines: so that reading can begin there, a few lines before what is wanted, to find the rest.
 * Undefined where no line can be read without all of those before it: the elements of one array, UTF-16, a stream
 * that nobody knows.
 */
export function stateBetweenLines(state: unknown): unknown {
  if (!isObject(state)) return undefined
  const { framing, source, refused } = state as StreamState
  if (framing === undefined || source === undefined || refused === true || framing.array !== undefined)
    return undefined
  const { encoding, skipping, stopped } = framing.lines
  if (encoding !== 'utf8' || skipping || stopped) return undefined
  const between: StreamState = { framing, source }
  return between
}
