import type { Alert, Incident, Verdict } from '../domain/alert.ts'
import { VERDICTS } from '../domain/alert.ts'
import { alertView, incidentView } from '../domain/alert-view.ts'
import type { Config } from '../config/config.ts'
import type { Level, Rating } from '../domain/match.ts'
import { UserError } from '../domain/errors.ts'
import type { AlertQuery, Page } from '../store/store.ts'
import { EXIT, type Exit } from './exit.ts'
import { clock, count, printJson, safe, table, type Output } from './output.ts'
import { conditionWords } from '../domain/condition-words.ts'
import { entityName } from '../domain/entity-name.ts'
import { processTree } from './process-tree.ts'
import { readStore, resolveId } from './read-store.ts'
import { nameOf } from './scan.ts'
import { writeThrough } from './write-through.ts'

export interface ListOptions extends AlertQuery {
  readonly json: boolean
}

/** The queue's alerts, newest first. */
export function listAlerts(config: Config, { json, ...query }: ListOptions, output: Output): Exit {
  const { items, next } = readStore(config, (reader) => reader.alerts(query))
  if (json || !output.terminal) for (const alert of items) printJson(output, alertView(alert))
  else {
    output.out(
      table(
        ['ID', 'LAST (UTC)', 'LEVEL', 'STATUS', 'RULE', 'ENTITY', 'COUNT'],
        items.map((each) => [
          each.id.slice(0, 8),
          clock(each.last),
          each.level,
          each.status,
          each.rule.title,
          nameOf(each),
          String(each.count),
        ]),
      ),
    )
  }
  if (items.length === 0) output.err(`nothing in ${config.data}\n`)
  tellMore(next, output)
  return EXIT.ok
}

export function showAlert(config: Config, typed: string, json: boolean, output: Output): Exit {
  const alert = readStore(config, (reader) => reader.alert(resolveId(typed, reader.alertIds(typed))))
  if (alert === undefined) throw new UserError(`no alert ${typed}`)
  if (json || !output.terminal) printJson(output, alertView(alert))
  else output.out(describeAlert(alert))
  return EXIT.ok
}

export async function closeAlert(
  config: Config,
  typed: string,
  verdict: string,
  note: string,
  output: Output,
): Promise<Exit> {
  const known = parseVerdict(verdict)
  const id = readStore(config, (reader) => {
    const ids = reader.alertIds(typed)
    if (ids.length === 0 && reader.incidentIds(typed).length > 0) {
      throw new UserError(`${typed} is an incident, not an alert`, {
        mend: `close all of its alerts with 'tallyman incidents close ${typed} --verdict ${known}'`,
      })
    }
    return resolveId(typed, ids)
  })
  await writeThrough(config, {
    path: `/api/alerts/${id}/close`,
    body: { verdict: known, note },
    direct: (commands, actor) => commands.closeAlert({ id, verdict: known, note }, actor),
  })
  output.err(`closed ${id} as ${known}\n`)
  return EXIT.ok
}

/** Closes all open alerts of an incident. */
export async function closeIncident(
  config: Config,
  typed: string,
  verdict: string,
  note: string,
  output: Output,
): Promise<Exit> {
  const known = parseVerdict(verdict)
  const id = readStore(config, (reader) => {
    const ids = reader.incidentIds(typed)
    if (ids.length === 0 && reader.alertIds(typed).length > 0) {
      throw new UserError(`${typed} is an alert, not an incident`, {
        mend: `close it with 'tallyman alerts close ${typed} --verdict ${known}'`,
      })
    }
    return resolveId(typed, ids)
  })
  await writeThrough(config, {
    path: `/api/incidents/${id}/close`,
    body: { verdict: known, note },
    direct: (commands, actor) => commands.closeIncident({ id, verdict: known, note }, actor),
  })
  output.err(`closed all open alerts of ${id} as ${known}\n`)
  return EXIT.ok
}

function parseVerdict(verdict: string): Verdict {
  const known = VERDICTS.find((each): each is Verdict => each === verdict)
  if (known !== undefined) return known
  throw new UserError(`no verdict ${verdict}`, { mend: `one of ${VERDICTS.join(', ')}` })
}

/** One line for what happened to one entity at one time; posture reports apart, for they are no work of the queue. */
export function listIncidents(config: Config, { json, ...query }: ListOptions, output: Output): Exit {
  const { items, next, posture } = readStore(config, (reader) => ({
    ...reader.incidents({ ...query, kind: 'incident' }),
    // with the first page only
    posture: query.after === undefined ? reader.incidents({ ...query, kind: 'posture' }).items : [],
  }))
  if (json || !output.terminal) {
    for (const incident of [...items, ...posture]) printJson(output, incidentView(incident))
  } else {
    output.out(table(['ID', 'LAST (UTC)', 'LEVEL', 'STATUS', 'ENTITY', 'WHAT'], items.map(incidentRow)))
    for (const report of posture) output.out(`${postureLine(report)}\n`)
  }
  if (items.length + posture.length === 0) output.err(`nothing in ${config.data}\n`)
  tellMore(next, output)
  return EXIT.ok
}

export function showIncident(config: Config, typed: string, json: boolean, output: Output): Exit {
  const found = readStore(config, (reader) => {
    const incident = reader.incident(resolveId(typed, reader.incidentIds(typed)))
    const alerts =
      incident === undefined
        ? []
        : reader.alerts({ incident: incident.id, order: 'oldest', limit: 500 }).items
    return { incident, alerts }
  })
  if (found.incident === undefined) throw new UserError(`no incident ${typed}`)
  if (json || !output.terminal)
    printJson(output, { ...incidentView(found.incident), alerts: found.alerts.map(alertView) })
  else
    output.out(
      `${table(['ID', 'LAST (UTC)', 'LEVEL', 'STATUS', 'ENTITY', 'WHAT'], [incidentRow(found.incident)])}\n${found.alerts.map(describeAlert).join('\n')}`,
    )
  return EXIT.ok
}

/** What was there before the first look is reviewed once, as a whole: it has no level of urgency. */
function postureLine({ id, entity, status, alerts }: Incident): string {
  const entries = alerts.length === 1 ? '1 entry' : `${alerts.length} entries`
  const next =
    status === 'open'
      ? "review it, then 'tallyman adopt' what belongs there, or 'tallyman incidents close' it"
      : 'reviewed'
  return safe(
    `posture report of ${entityName(entity)}, what ran before the first look: ${entries} (${id.slice(0, 8)}); ${next}`,
  )
}

function incidentRow(incident: Incident): string[] {
  const { id, kind, last, level, status, alerts } = incident
  const what =
    kind === 'posture'
      ? `posture report: ${count(alerts.length, 'entry').replace(/entrys$/, 'entries')}, see 'tallyman adopt --help'`
      : alerts.map(({ rule }) => rule).join('; ')
  return [id.slice(0, 8), clock(last), level, status, nameOf(incident), what]
}

function describeAlert(alert: Alert): string {
  const lines = [
    `${alert.level} ${safe(alert.rule.title)}`,
    `  id        ${alert.id}`,
    `  strategy  ${safe(alert.strategy)}    rule ${alert.rule.id}${alert.attack.length === 0 ? '' : `    ATT&CK ${alert.attack.join(', ')}`}`,
    `  when      ${clock(alert.first)} to ${clock(alert.last)} UTC, ${count(alert.count, 'event')}`,
    ...(alert.rating === undefined ? [] : [`  level     ${ratingOf(alert.level, alert.rating)}`]),
    `  status    ${alert.status}${alert.verdict === undefined ? '' : ` (${alert.verdict})`}`,
    '  entity',
    ...Object.entries(alert.entity).map(([name, value]) => `    ${name}: ${safe(String(value))}`),
    '  evidence',
    ...alert.evidence.flatMap(({ time, source, logsource, fields, matched = [] }) => [
      `    ${clock(time)} ${source} ${logsource}`,
      ...matched.map(
        ({ field, values }) => `      matched ${safe(field || 'keywords')}: ${safe(wordsOf(values))}`,
      ),
      ...processTree(fields).map((line) => `      ${line}`),
      ...Object.entries(fields)
        .filter(([name]) => name !== 'process.ancestors')
        .map(
          ([name, value]) =>
            `      ${safe(name)}: ${safe(typeof value === 'string' ? value : JSON.stringify(value))}`,
        ),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function wordsOf(values: readonly unknown[]): string {
  if (values.length === 0) return '(nothing)'
  return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ')
}

/** Why the level is not the rule's own, in the words of the document. */
function ratingOf(level: Level, { by, rule, condition = {} }: Rating): string {
  const given = `${level} instead of the rule's ${rule}`
  if (by === 'site') return `${given}, by the site's rules.yaml`
  const held = Object.entries(condition).map(([item, value]) => conditionWords(item, value))
  return safe(`${given}, by the strategy's Priority: ${held.join(' and ')}`)
}

function tellMore(next: Page<unknown>['next'], output: Output): void {
  if (next !== undefined) output.err(`more: --after ${next}\n`)
}
