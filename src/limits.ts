import type { Detection } from './detection.ts'
import { instant } from './domain/alert-view.ts'
import { endOfDay } from './domain/day.ts'
import type { Reader } from './store/store.ts'

/** One thing that limits what can be concluded. */
export interface Limit {
  readonly severity: 'error' | 'warning' | 'note'
  /** A file and line, a list, an input. */
  readonly about: string
  readonly message: string
  readonly mend: string
}

export interface LimitsOf {
  readonly detection: Detection
  /** Undefined where nothing was stored yet. */
  readonly reader: Pick<Reader, 'findings' | 'totals' | 'sinkSummaries'> | undefined
  /** The folder of the site's lists and filters. */
  readonly site: string
  readonly zone: string
  readonly now: number
}

/** What is not seen, not decided, or not in order: what 'tallyman doctor' shows. Messages may be hostile text. */
export function limits({ detection, reader, site, zone, now }: LimitsOf): readonly Limit[] {
  return [
    ...ofDetection(detection, site),
    ...ofSite(detection, zone, now),
    ...ofStore(reader),
    ...ofSinks(reader),
  ]
}

function* ofDetection({ ruleset, problems }: Detection, site: string): Iterable<Limit> {
  for (const { file, line, message, mend } of problems) {
    yield {
      severity: 'error',
      about: `${file}:${line}`,
      message,
      mend: mend ?? 'correct it; until then it does not apply',
    }
  }
  const unset = new Map<string, { off: string[]; nobody: string[] }>()
  for (const rule of ruleset.rules) {
    for (const list of rule.unsetLists) {
      const entry = unset.get(list) ?? { off: [], nobody: [] }
      entry[rule.weakened ? 'off' : 'nobody'].push(rule.title)
      unset.set(list, entry)
    }
  }
  for (const [list, { off, nobody }] of unset) {
    const mend = `write ${site}/lists/${list}.yaml with owner, reason and values`
    if (off.length > 0) {
      yield {
        severity: 'warning',
        about: list,
        message: `the list is not set: alternatives are off in ${off.join('; ')}`,
        mend,
      }
    }
    if (nobody.length > 0)
      yield {
        severity: 'note',
        about: list,
        message: `the list is not set: it exempts nobody in ${nobody.join('; ')}`,
        mend,
      }
  }
}

function* ofSite({ site, strategies }: Detection, zone: string, now: number): Iterable<Limit> {
  const filters = [
    ...site.filters.map(({ id, expires, file, line }) => ({ id, expires, about: `${file}:${line}` })),
    ...strategies.flatMap(({ id, file, filters }) =>
      filters.map((each) => ({
        id: `${id}/${each.id}`,
        expires: each.expires,
        about: `${file}:${each.line}`,
      })),
    ),
  ]
  for (const { id, expires, about } of filters) {
    if (now >= (endOfDay(expires, zone) ?? 0)) {
      yield {
        severity: 'warning',
        about,
        message: `filter ${id} expired on ${expires} and no longer applies`,
        mend: 'review it: renew or remove it',
      }
    }
  }
  for (const { expires, file, line } of site.lists.values()) {
    if (expires !== undefined && now >= (endOfDay(expires, zone) ?? 0)) {
      yield {
        severity: 'warning',
        about: `${file}:${line}`,
        message: `the list expired on ${expires}: it counts as not set`,
        mend: 'review it: renew or remove it',
      }
    }
  }
}

function* ofSinks(reader: LimitsOf['reader']): Iterable<Limit> {
  for (const { sink, dead, pending, failing, oldest } of reader?.sinkSummaries() ?? []) {
    if (failing !== undefined) {
      yield {
        severity: 'warning',
        about: sink,
        message: `is not reached since ${instant(oldest ?? failing.next)}, ${pending} wait: ${failing.error}`,
        mend: `see that it answers; try it with 'tallyman notify test ${sink}'`,
      }
    }
    if (dead > 0) {
      yield {
        severity: 'warning',
        about: sink,
        message: `${dead} notifications were given up`,
        mend: "see 'tallyman notify list --state dead'; retry or dismiss them",
      }
    }
  }
}

function* ofStore(reader: LimitsOf['reader']): Iterable<Limit> {
  if (reader === undefined) return
  for (const { kind, about, since, until, message } of reader.findings(100)) {
    yield {
      severity: 'warning',
      about,
      message: `${kind}, ${clock(since)} to ${clock(until)}: ${message}`,
      mend: 'conclude nothing from silence in that interval',
    }
  }
  const { failures, suppressed } = reader.totals()
  for (const [reason, times] of Object.entries(failures)) {
    yield {
      severity: 'warning',
      about: 'records',
      message: `${times} failed: ${reason}`,
      mend: 'see /api/failures for samples',
    }
  }
  for (const [by, times] of Object.entries(suppressed)) {
    yield {
      severity: 'note',
      about: by,
      message: `held ${times} ${times === 1 ? 'match' : 'matches'} back`,
      mend: 'review whether it still should',
    }
  }
}

function clock(ms: number): string {
  return instant(ms).replace('T', ' ').slice(0, 19)
}
