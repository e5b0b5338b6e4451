import { join } from 'node:path'
import type { Detection } from './detection.ts'
import type { CoverageRow } from './domain/coverage.ts'
import { endOfDay } from './domain/day.ts'
import type { Limit } from './limit.ts'
import { notPresentOf } from './site/not-present.ts'

/** An entry of the site, or a filter of a document, that says which rules it is for or when it ends. */
interface Entry {
  /** What it is, for people: `filter nightly-backup`. */
  readonly what: string
  readonly about: string
  readonly expires?: string | undefined
  /** What becomes of it then. */
  readonly after: string
  readonly rules: readonly string[]
}

/** What of the site no longer applies, or never did: it is over, or is for a rule that there is not. */
export function* siteLimits(detection: Detection, zone: string, now: number): Iterable<Limit> {
  const known = new Set(detection.ruleset.rules.flatMap(({ id, name }) => [id, name]))
  for (const { what, about, expires, after, rules } of entriesOf(detection)) {
    if (expires !== undefined && now >= (endOfDay(expires, zone) ?? 0)) {
      yield {
        kind: 'expired',
        severity: 'warning',
        about,
        message: `${what} expired on ${expires}${after}`,
        mend: 'review it: renew or remove it',
        short: `${what.split(' ')[0]} expired`,
      }
    }
    for (const rule of rules.filter((name) => !known.has(name))) {
      yield {
        kind: 'refused',
        severity: 'warning',
        about,
        message: `${what} is for a rule that there is not: ${rule}`,
        mend: "write its name or id as 'tallyman strategies show ID' lists it",
        short: 'no such rule',
      }
    }
  }
}

/** What the site says it does not have: nobody looks for it there, and what is heard of it all the same is told. */
export function* notPresentLimits(
  { site }: Pick<Detection, 'site'>,
  rows: readonly Pick<CoverageRow, 'source'>[],
  zone: string,
  now: number,
): Iterable<Limit> {
  const heard = new Set(rows.map(({ source }) => source))
  const applies = notPresentOf(site, zone, now)
  for (const { sources, reason, owner, file, line } of site.notPresent) {
    const about = `${file}:${line}`
    const contradicted = sources.filter((source) => heard.has(source) && applies.has(source))
    const silent = sources.filter((source) => !heard.has(source) && applies.has(source))
    if (contradicted.length > 0)
      yield {
        kind: 'refused',
        severity: 'warning',
        about,
        message: `the site says that there is no ${contradicted.join(', ')}, and it is heard: that word does not count`,
        mend: 'take it out of the entry, or find out who sends it',
        short: 'said to be absent, and heard',
      }
    if (silent.length > 0)
      yield {
        kind: 'held',
        severity: 'note',
        about,
        message: `by the site’s word there is no ${silent.join(', ')}: ${reason} (${owner}); what strategies need of it is not missed`,
        mend: 'remove the entry when it is there',
        short: 'not present, by the site’s word',
      }
  }
}

function entriesOf({ site, strategies }: Detection): readonly Entry[] {
  const gone = ' and no longer applies'
  return [
    ...site.filters.map(({ id, expires, rules, file, line }): Entry => ({
      what: `filter ${id}`,
      about: `${file}:${line}`,
      expires,
      after: gone,
      rules,
    })),
    ...strategies.flatMap(({ id, file, filters }) =>
      filters.map((filter): Entry => ({
        what: `filter ${id}/${filter.id}`,
        about: `${file}:${filter.line}`,
        expires: filter.expires,
        after: gone,
        rules: [],
      })),
    ),
    ...site.silences.map(({ id, rules = [], file, line }): Entry => ({
      what: `silence ${id}`,
      about: `${file}:${line}`,
      after: gone,
      rules,
    })),
    ...[...site.lists].map(([name, { expires, file, line }]): Entry => ({
      what: `list ${name}`,
      about: `${file}:${line}`,
      expires,
      after: ': it counts as not set',
      rules: [],
    })),
    ...site.notPresent.map(({ sources, expires, file, line }): Entry => ({
      what: `word that there is no ${sources.join(', ')}`,
      about: `${file}:${line}`,
      expires,
      after: gone,
      rules: [],
    })),
    ...Object.entries(site.rules).map(([name, { expires }]): Entry => ({
      what: `setting of ${name}`,
      about: join(site.folder, 'rules.yaml'),
      expires,
      after: gone,
      rules: [name],
    })),
  ]
}
