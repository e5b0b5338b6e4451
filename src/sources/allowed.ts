import type { SourceName } from '../domain/event.ts'
import { failed, type Source } from './source.ts'

/**
 * The sources as an input reads them that may speak as these alone: whoever writes into a folder or holds a token
 * chooses the format, and with it whom the records come from. What is of another source is still recognised, and
 * refused by name. All of them are allowed where `names` is undefined.
 */
export function allowedSources(
  sources: readonly Source[],
  names: readonly SourceName[] | undefined,
): readonly Source[] {
  if (names === undefined) return sources
  return sources.map((source) => (names.includes(source.name) ? source : refusing(source)))
}

function refusing(source: Source): Source {
  const refused = failed(`${source.name}: not among the sources of this input`)
  return { ...source, decoder: () => ({ decode: () => refused, checkpoint: () => undefined }) }
}
