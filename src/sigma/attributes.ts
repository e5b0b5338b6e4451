import { LEVELS } from '../domain/match.ts'
import type { Level } from '../domain/match.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import { plainOf } from './yaml.ts'
import type { Entry, Tree } from './yaml.ts'

/** What a rule says about itself. */
export interface Attributes {
  readonly title: string
  readonly id: string | undefined
  readonly name: string | undefined
  readonly level: Level | undefined
  readonly tags: readonly string[]
  readonly fields: readonly string[]
  readonly custom: Readonly<Record<string, unknown>>
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const TAG = /^[a-z0-9_-]+\.[a-z0-9._-]+$/
const STATUSES: readonly string[] = ['stable', 'test', 'experimental', 'deprecated', 'unsupported']
const RELATIONS: readonly string[] = ['derived', 'obsolete', 'merged', 'renamed', 'similar', 'correlation']

type Check = (value: Tree, key: string, report: Report) => void

/** Sigma's attributes, each with its check; any other top-level key is the author's own. */
const CHECKS: Readonly<Record<string, Check>> = {
  title: text(1, 256),
  id: matching(UUID, 'a UUID', 'generate one, for instance with uuidgen'),
  name: text(1, 1_000),
  related: checkRelated,
  taxonomy: checkTaxonomy,
  status: oneOf(STATUSES),
  description: text(0, 65_535),
  license: text(0, 1_000),
  author: text(0, 65_535),
  references: texts,
  date: checkDate,
  modified: checkDate,
  fields: texts,
  falsepositives: texts,
  level: oneOf(LEVELS),
  tags: checkTags,
  scope: texts,
  logsource: () => {},
  detection: () => {},
}

/** Reads the attributes of a detection rule and reports every mistake in them. */
export function readAttributes(entries: readonly Entry[], at: Position, report: Report): Attributes {
  const values = new Map<string, Tree>()
  const custom: [string, unknown][] = []
  for (const { key, value } of entries) {
    if (!Object.hasOwn(CHECKS, key)) custom.push([key, plainOf(value)])
    else if (value.kind !== 'scalar' || value.value !== null) values.set(key, value)
  }
  if (!values.has('title')) report.mistakes.push(mistake(at, 'a rule needs a title', 'add title: …'))
  for (const [key, value] of values) CHECKS[key]?.(value, key, report)
  const level = textIn(values.get('level'))?.toLowerCase()
  return {
    title: textIn(values.get('title')) ?? '',
    id: textIn(values.get('id')),
    name: textIn(values.get('name')),
    level: LEVELS.find((known) => known === level),
    tags: textsIn(values.get('tags')),
    fields: textsIn(values.get('fields')),
    custom: Object.fromEntries(custom),
  }
}

function textIn(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined
}

function textsIn(tree: Tree | undefined): readonly string[] {
  return tree?.kind === 'list' ? tree.items.flatMap((item) => textIn(item) ?? []) : []
}

function text(least: number, most: number): Check {
  return (value, key, report) => {
    const written = textIn(value)
    if (written === undefined)
      report.mistakes.push(
        mistake(value.at, `${key} must be text`, 'write one text, quoted if it looks like a number'),
      )
    else if (written.length < least)
      report.mistakes.push(mistake(value.at, `${key} must not be empty`, 'write something, or remove it'))
    else if (written.length > most)
      report.mistakes.push(mistake(value.at, `${key} is longer than ${most} characters`, 'shorten it'))
  }
}

function matching(pattern: RegExp, what: string, mend: string): Check {
  return (value, key, report) => {
    const written = textIn(value)
    if (written === undefined || !pattern.test(written))
      report.mistakes.push(mistake(value.at, `${key} must be ${what}`, mend))
  }
}

function oneOf(allowed: readonly string[]): Check {
  return (value, key, report) => {
    const written = textIn(value)?.toLowerCase()
    if (written !== undefined && allowed.includes(written)) return
    const meant = written === undefined ? undefined : nearestWord(written, allowed)
    report.mistakes.push(
      mistake(
        value.at,
        `${key} must be one of ${allowed.join(', ')}`,
        meant === undefined ? `write ${key}: ${allowed[0]}, or another of them` : `did you mean ${meant}?`,
      ),
    )
  }
}

function texts(value: Tree, key: string, report: Report): void {
  if (value.kind === 'list' && value.items.every((item) => textIn(item) !== undefined)) return
  report.mistakes.push(
    mistake(value.at, `${key} must be a list of texts`, 'write each on a line of its own, after a dash'),
  )
}

function checkTags(value: Tree, key: string, report: Report): void {
  texts(value, key, report)
  if (value.kind !== 'list') return
  for (const item of value.items) {
    const tag = textIn(item)
    if (tag === undefined) continue
    if (!tag.includes('.'))
      report.mistakes.push(
        mistake(
          item.at,
          `the tag ${quote(tag)} has no namespace`,
          'write namespace.name, such as attack.t1611',
        ),
      )
    else if (!TAG.test(tag))
      report.warnings.push(
        mistake(
          item.at,
          `the tag ${quote(tag)} has characters that tags do not have`,
          'use lower case letters, digits, - _ and .',
        ),
      )
  }
}

function checkTaxonomy(value: Tree, key: string, report: Report): void {
  text(1, 1_000)(value, key, report)
  const written = textIn(value)
  if (written === undefined || written === '' || written === 'sigma') return
  report.mistakes.push(
    mistake(
      value.at,
      `the taxonomy ${quote(written)} is not supported`,
      'write the rule with Sigma field names',
    ),
  )
}

function checkDate(value: Tree, key: string, report: Report): void {
  const found = /^([1-3]\d{3})(?:-(\d\d)-(\d\d)|\/(\d{1,2})\/(\d{1,2}))$/.exec(textIn(value) ?? '')
  const [year, month, day] = [found?.[1], found?.[2] ?? found?.[4], found?.[3] ?? found?.[5]].map(Number)
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0))
  if (found && date.getUTCMonth() + 1 === month && date.getUTCDate() === day) return
  report.mistakes.push(mistake(value.at, `${key} is no date`, 'write YYYY-MM-DD'))
}

function checkRelated(value: Tree, key: string, report: Report): void {
  const mend = 'write a list of mappings with id and type'
  if (value.kind !== 'list') {
    report.mistakes.push(mistake(value.at, `${key} must be a list`, mend))
    return
  }
  for (const item of value.items) {
    const entries = item.kind === 'mapping' ? item.entries : []
    const id = textIn(entries.find((entry) => entry.key === 'id')?.value)
    const type = textIn(entries.find((entry) => entry.key === 'type')?.value)
    if (id === undefined || !UUID.test(id))
      report.mistakes.push(mistake(item.at, `${key} needs the UUID of a rule as its id`, mend))
    if (type === undefined || !RELATIONS.includes(type))
      report.mistakes.push(mistake(item.at, `${key} needs a type: ${RELATIONS.join(', ')}`, mend))
  }
}
