import { endOfDay } from '../domain/day.ts'
import type { SourceName } from '../domain/event.ts'
import type { Site } from './site.ts'

/** Sources whose systems the site says it does not have, each with the words of who says so. `now` in ms. */
export function notPresentOf(
  { notPresent }: Pick<Site, 'notPresent'>,
  zone: string,
  now: number,
): ReadonlyMap<SourceName, string> {
  return new Map(
    notPresent
      .filter(({ expires }) => expires === undefined || now < (endOfDay(expires, zone) ?? 0))
      .flatMap(({ sources, reason, owner }) =>
        sources.map((source) => [source, `by the site’s word: ${reason} (${owner})`] as const),
      ),
  )
}
