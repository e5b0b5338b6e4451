import { loadDetection } from '../detection.ts'
import { UserError } from '../domain/errors.ts'
import { SOURCE_NAMES } from '../domain/event.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import type { Setting } from '../domain/sensor-settings.ts'
import { EXIT, type Exit } from './exit.ts'
import { fieldRows, type FieldRow } from './field-rows.ts'
import { count, printJson, safe, table, type Output } from './output.ts'

export interface FieldsOptions {
  readonly strategies: string
  /** Only what this source fills. */
  readonly source?: string
  readonly json: boolean
}

/** Every field: in which events, who fills it, how many rules read it. */
export async function listFields(options: FieldsOptions, output: Output): Promise<Exit> {
  const rows = await rowsOf(options)
  if (options.json || !output.terminal) for (const row of rows) printJson(output, row)
  else
    output.out(
      table(
        ['FIELD', 'OF', 'FILLED BY', 'RULES'],
        rows.map(({ field, of, joined, sources, rules }) => [
          field,
          of,
          joined ? 'any, where it is known' : namedIn(sources.map(({ source }) => source)),
          String(rules.length),
        ]),
      ),
    )
  return EXIT.ok
}

/** One field wherever it stands: its meaning, who fills it by which setting, which rules read it. */
export async function showField(name: string, options: FieldsOptions, output: Output): Promise<Exit> {
  const all = await rowsOf(options)
  const rows = all.filter(({ field }) => field === name)
  if (rows.length === 0) {
    const near = nearestWord(name, [...new Set(all.map(({ field }) => field))])
    throw new UserError(`no field ${name}`, {
      mend: near === undefined ? 'see tallyman fields list' : `did you mean ${near}?`,
    })
  }
  for (const row of rows) {
    if (options.json || !output.terminal) printJson(output, row)
    else output.out(drawn(row))
  }
  return EXIT.ok
}

async function rowsOf({ strategies, source }: FieldsOptions): Promise<readonly FieldRow[]> {
  if (source !== undefined && !SOURCE_NAMES.some((name) => name === source)) {
    const near = nearestWord(source, SOURCE_NAMES)
    throw new UserError(`no source ${source}`, {
      mend: near === undefined ? 'see tallyman sources list' : `did you mean ${near}?`,
    })
  }
  const { ruleset } = await loadDetection({
    strategies,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: Date.now,
  })
  const rows = fieldRows(ruleset.rules)
  return source === undefined
    ? rows
    : rows.filter(({ sources }) => sources.some((each) => each.source === source))
}

function drawn({ field, of, type, meaning, joined, sources, rules }: FieldRow): string {
  const filled = sources.map(({ source, setting }) => `  ${source}${settingWords(setting)}`)
  return [
    `${safe(field)} of ${safe(of)}${type === undefined ? '' : ` (${type})`}${meaning === undefined ? '' : `: ${meaning}`}`,
    ...(joined ? ['  whichever source tells it, where it is known'] : filled),
    `  ${count(rules.length, 'rule')}`,
    ...rules.map(({ strategy, title }) => `    ${safe(strategy)}: ${safe(title)}`),
    '',
    '',
  ].join('\n')
}

function settingWords(setting: Setting): string {
  if (setting.kind === 'shipped') return `, by ${setting.file}`
  return setting.kind === 'own' ? ', by a setting of your own: none ships' : ''
}

/** So many names fit into a line. */
const SHOWN = 5

function namedIn(names: readonly string[]): string {
  return names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
}
