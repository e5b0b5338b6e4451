import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { dataFiles } from '../daemon/data-folder.ts'
import { loadDetection, type Detection } from '../detection.ts'
import { endOfDay } from '../domain/day.ts'
import { UserError } from '../domain/errors.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import { KNOWN_LISTS, knownList, type KnownList } from '../site/known-lists.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { printJson, safe, table, type Output } from './output.ts'

/** A list that rules ask for or the site sets. */
interface ListView {
  readonly name: string
  readonly file: string
  readonly state: 'set' | 'expired' | 'refused' | 'not set'
  readonly means?: string
  /** What its values are. */
  readonly kind?: string
  readonly example?: string
  readonly find?: string
  readonly values: readonly string[]
  /** Titles of the rules that read it. */
  readonly rules: readonly string[]
}

/** The lists, what their values are, and which rules read them; from the disk. */
export async function listLists(config: Config, json: boolean, output: Output): Promise<Exit> {
  const lists = await viewsOf(config)
  if (json || !output.terminal) for (const list of lists) printJson(output, list)
  else {
    output.out(
      table(
        ['NAME', 'STATE', 'RULES', 'MEANS', 'VALUES'],
        lists.map(({ name, state, values, rules, means = '', kind = '' }) => [
          name,
          state === 'set' ? `${values.length} set` : state,
          String(rules.length),
          means,
          kind,
        ]),
      ),
    )
  }
  output.err("'tallyman lists show NAME' shows how one is written\n")
  return EXIT.ok
}

export async function showList(config: Config, name: string, json: boolean, output: Output): Promise<Exit> {
  const lists = await viewsOf(config)
  const list = lists.find((each) => each.name === name)
  if (list === undefined) {
    const meant = nearestWord(
      name,
      lists.map((each) => each.name),
    )
    throw new UserError(`no rule uses a list ${name}`, {
      mend: meant === undefined ? "see 'tallyman lists list'" : `did you mean ${meant}?`,
    })
  }
  if (json || !output.terminal) printJson(output, list)
  else output.out(describe(list))
  return EXIT.ok
}

function describe(list: ListView): string {
  const {
    name,
    state,
    means = 'a list of your own rules',
    kind,
    find,
    example = 'VALUE',
    file,
    values,
    rules,
  } = list
  const lines = [
    `${name}: ${means}`,
    `  state   ${state}`,
    ...(kind === undefined ? [] : [`  values  ${kind}`, `  find    ${find}`]),
    ...values.map((value) => `    ${value}`),
    `  rules   ${rules.length === 0 ? 'none' : ''}`,
    ...rules.map((rule) => `    ${rule}`),
    '',
    file,
    '  owner: platform',
    '  reason: reviewed at roll-out',
    '  expires: 2027-12-31   # may be left out',
    '  values:',
    `    - '${example}'`,
  ]
  return `${lines.map((line) => safe(line).trimEnd()).join('\n')}\n`
}

async function viewsOf(config: Config): Promise<readonly ListView[]> {
  const site = config.site ?? dataFiles(config.data).site
  const strategies = config.strategies ?? SHIPPED_STRATEGIES
  const { rules, zone } = config
  const detection = await loadDetection({ strategies, rules, site, zone, now: Date.now })
  const names = new Set([
    ...KNOWN_LISTS.map(({ name }) => name),
    ...detection.ruleset.rules.flatMap((rule) => rule.lists),
    ...detection.site.lists.keys(),
  ])
  return [...names].sort().map((name) => viewOf(name, `${site}/lists/${name}.yaml`, detection, zone))
}

function viewOf(name: string, file: string, { ruleset, site }: Detection, zone: string): ListView {
  const list = site.lists.get(name)
  const rules = ruleset.rules.filter((rule) => rule.lists.includes(name)).map(({ title }) => title)
  const end = list?.expires === undefined ? undefined : endOfDay(list.expires, zone)
  const expired = end !== undefined && Date.now() >= end
  const absent = existsSync(file) ? 'refused' : 'not set'
  const state = list === undefined ? absent : expired ? 'expired' : 'set'
  return {
    name,
    file: list?.file ?? file,
    state,
    ...words(knownList(name)),
    values: list?.values ?? [],
    rules,
  }
}

function words(known: KnownList | undefined): Partial<ListView> {
  if (known === undefined) return {}
  const { values, example, find } = known.kind
  return { means: known.means, kind: values, example, find }
}
