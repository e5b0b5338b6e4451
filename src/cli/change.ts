import type { Config } from '../config/config.ts'
import { parseDuration } from '../domain/day.ts'
import { UserError } from '../domain/errors.ts'
import { RESOURCE_ATTRIBUTES } from '../domain/fields.ts'
import { dataFiles } from '../daemon/data-folder.ts'
import { loadDetection } from '../detection.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import { loadSite } from '../site/site.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { clock, count, printJson, table, type Output } from './output.ts'
import { readStore, resolveId } from './read-store.ts'
import { writeThrough } from './write-through.ts'

export interface Accountable {
  readonly owner: string
  readonly reason: string
}

/** `silence add --match field=value …`: holds matches back for a while. */
export async function addSilence(
  config: Config,
  options: Accountable & {
    readonly match: readonly string[]
    readonly rule: readonly string[]
    readonly for: string
  },
  output: Output,
): Promise<Exit> {
  const lasts = parseDuration(options.for)
  if (lasts === undefined)
    throw new UserError(`no duration ${options.for}`, { mend: 'such as 30m, 2h or 14d' })
  const match = parseMatch(options.match)
  const rules = options.rule.length === 0 ? {} : { rules: options.rule }
  await refuseUnknown(config, Object.keys(match), options.rule)
  const { owner, reason } = options
  const answer = await writeThrough(config, {
    path: '/api/silences',
    body: { match, ...rules, for: options.for, owner, reason },
    direct: async (commands, actor) => ({
      id: await commands.addSilence({ match, ...rules, for: lasts, owner, reason }, actor),
    }),
  })
  const until = clock(Date.now() + lasts)
  output.err(
    `silenced until ${until} UTC: ${(answer as { id: string }).id}, in silences/silences.yaml of the site's folder\n`,
  )
  return EXIT.ok
}

/** A silence for a rule that there is not, or a field that is misspelt, would hold nothing back and look as if it did. */
async function refuseUnknown(
  config: Config,
  items: readonly string[],
  rules: readonly string[],
): Promise<void> {
  const { ruleset } = await loadDetection({
    strategies: config.strategies ?? SHIPPED_STRATEGIES,
    rules: config.rules,
    site: undefined,
    zone: config.zone,
    now: Date.now,
  })
  const names = ruleset.rules.flatMap(({ id, name }) => (name === undefined ? [id] : [id, name]))
  for (const rule of rules) {
    if (names.includes(rule)) continue
    const meant = nearestWord(rule, names)
    throw new UserError(`no rule ${rule}`, {
      mend: meant === undefined ? "see 'tallyman strategies show ID'" : `did you mean ${meant}?`,
    })
  }
  const fields = new Set([
    ...Object.keys(RESOURCE_ATTRIBUTES),
    ...ruleset.rules.flatMap((rule) => rule.fields),
  ])
  for (const field of items.map((item) => item.split('|')[0] ?? '')) {
    // records have fields of their own that no rule reads: only what looks like a slip is one
    const meant = fields.has(field) ? undefined : nearestWord(field, [...fields])
    if (meant !== undefined)
      throw new UserError(`no field ${field}`, { mend: `did you mean ${meant}? docs/fields.md lists them` })
  }
}

/** `silence list`: the site's silences, what has ended included. */
export async function listSilences(config: Config, json: boolean, output: Output): Promise<Exit> {
  const { silences } = await loadSite(config.site ?? dataFiles(config.data).site)
  if (json || !output.terminal) {
    for (const { file: _file, line: _line, ...silence } of silences) printJson(output, silence)
    return EXIT.ok
  }
  output.out(
    table(
      ['ID', 'UNTIL', 'OWNER', 'REASON', 'RULES', 'MATCH'],
      silences.map(({ id, until, owner, reason, rules = ['all'], match }) => [
        id,
        Date.parse(until) <= Date.now() ? `${until} (over)` : until,
        owner,
        reason,
        rules.join(', '),
        JSON.stringify(match),
      ]),
    ),
  )
  output.err('one is ended by removing its entry from the file: a running daemon takes that up\n')
  return EXIT.ok
}

/** `adopt`: what already ran at the first start becomes expiring filters. */
export async function adopt(
  config: Config,
  options: Accountable & { readonly for: string; readonly alert: readonly string[] },
  output: Output,
): Promise<Exit> {
  const lasts = parseDuration(options.for)
  if (lasts === undefined || lasts < 86_400_000)
    throw new UserError(`no number of days: ${options.for}`, { mend: 'such as 90d' })
  const expires = new Date(Date.now() + lasts).toISOString().slice(0, 10)
  const { owner, reason } = options
  const alerts =
    options.alert.length === 0
      ? []
      : readStore(config, (reader) => options.alert.map((typed) => resolveId(typed, reader.alertIds(typed))))
  const request = { expires, owner, reason, ...(alerts.length === 0 ? {} : { alerts }) }
  const answer = await writeThrough(config, {
    path: '/api/posture/adopt',
    body: request,
    direct: async (commands, actor) => ({ filters: await commands.adopt(request, actor) }),
  })
  const { filters } = answer as { filters: number }
  if (filters === 0)
    throw new UserError('nothing in the posture report is open under these ids', {
      mend: "see 'tallyman incidents list'",
    })
  output.err(
    `${count(filters, 'filter')} written to filters/adopted.yaml of the site's folder, until ${expires}: each exempts ` +
      `every container of that image on that host from the rule that it hit\n`,
  )
  return EXIT.ok
}

/** `field|modifier=value`; a field that is given twice takes any of its values. */
function parseMatch(pairs: readonly string[]): Readonly<Record<string, unknown>> {
  const match: Record<string, string[]> = {}
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals <= 0)
      throw new UserError(`no match ${pair}`, {
        mend: 'write --match field=value, or field|modifier=value as in a Sigma rule',
      })
    const field = pair.slice(0, equals)
    match[field] = [...(match[field] ?? []), pair.slice(equals + 1)]
  }
  if (pairs.length === 0)
    throw new UserError('a silence without a match would silence everything', {
      mend: 'add --match field=value',
    })
  return match
}
