import type { Config } from '../config.ts'
import { parseDuration } from '../domain/day.ts'
import { UserError } from '../domain/errors.ts'
import { EXIT, type Exit } from './exit.ts'
import { clock, count, type Output } from './output.ts'
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
  const request = { expires, owner, reason, ...(options.alert.length === 0 ? {} : { alerts: options.alert }) }
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
