import { existsSync } from 'node:fs'
import type { Config } from '../config.ts'
import { dataFiles, runningDaemon } from '../daemon/data-folder.ts'
import { loadDetection, type Detection } from '../detection.ts'
import { endOfDay } from '../domain/day.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { clock, count, printJson, safe, type Output } from './output.ts'
import { readStore } from './read-store.ts'

/** One thing that limits what can be concluded. */
interface Ailment {
  readonly severity: 'error' | 'warning' | 'note'
  readonly about: string
  readonly message: string
  readonly mend: string
}

/** What is not seen, not decided, or not in order. Exits 1 where something is an error. */
export async function doctor(config: Config, json: boolean, output: Output): Promise<Exit> {
  const files = dataFiles(config.data)
  const site = config.site ?? files.site
  const now = Date.now
  const strategies = config.strategies ?? SHIPPED_STRATEGIES
  const detection = await loadDetection({ strategies, rules: config.rules, site, zone: config.zone, now })
  const ailments = [
    ...ofDetection(detection, site),
    ...ofSite(detection, config.zone, now()),
    ...ofStore(config, files.store),
  ]
  if (json || !output.terminal) for (const ailment of ailments) printJson(output, ailment)
  else {
    for (const { severity, about, message, mend } of ailments) {
      output.out(`${severity} ${safe(about)}: ${safe(message)}\n  mend: ${safe(mend)}\n`)
    }
  }
  const daemon = runningDaemon(config.data)
  output.err(
    daemon === undefined
      ? 'no daemon runs on this data folder\n'
      : `a daemon runs, process ${daemon.pid}, ${daemon.url}\n`,
  )
  output.err(
    `${count(detection.ruleset.rules.length, 'rule')} loaded; ${count(ailments.length, 'thing')} to know\n`,
  )
  return ailments.some(({ severity }) => severity === 'error') ? EXIT.findings : EXIT.ok
}

function* ofDetection({ ruleset, problems }: Detection, site: string): Iterable<Ailment> {
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

function* ofSite({ site, strategies }: Detection, zone: string, now: number): Iterable<Ailment> {
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

function* ofStore(config: Config, file: string): Iterable<Ailment> {
  if (!existsSync(file)) return
  const { findings, totals } = readStore(config, (reader) => ({
    findings: reader.findings(100),
    totals: reader.totals(),
  }))
  for (const { kind, about, since, until, message } of findings) {
    yield {
      severity: 'warning',
      about,
      message: `${kind}, ${clock(since)} to ${clock(until)}: ${message}`,
      mend: 'conclude nothing from silence in that interval',
    }
  }
  for (const [reason, times] of Object.entries(totals.failures)) {
    yield {
      severity: 'warning',
      about: 'records',
      message: `${times} failed: ${reason}`,
      mend: 'see /api/failures for samples',
    }
  }
  for (const [by, times] of Object.entries(totals.suppressed)) {
    yield {
      severity: 'note',
      about: by,
      message: `held ${count(times, 'match').replace(/matchs$/, 'matches')} back`,
      mend: 'review whether it still should',
    }
  }
}
