import { basename, extname } from 'node:path'
import type { z } from 'zod'
import { digest } from '../domain/hash.ts'
import { readMarkdown } from './markdown.ts'
import type { Fence, MarkdownDocument } from './markdown.ts'
import {
  assumeSchema,
  emulateSchema,
  filterSchema,
  frontMatterSchema,
  missSchema,
  playbookSchema,
  prioritySchema,
  testSchema,
} from './schemas.ts'
import { outline, SECTION_TITLES } from './sections.ts'
import { BLOCK_SECTIONS } from './strategy.ts'
import type { Block, BlockKind, LintFinding, Section, Strategy, StrategyFilter } from './strategy.ts'
import { readYaml } from './yaml-text.ts'
import type { Place } from './yaml-text.ts'

export interface ParsedStrategy {
  readonly strategy: Strategy
  readonly findings: readonly LintFinding[]
}

/** Where a text of YAML stands in its document. */
interface Origin {
  readonly text: string
  readonly line: number
  readonly indent: number
  /** What to call it in a message. */
  readonly title: string
}

type Report = (
  id: LintFinding['id'],
  severity: LintFinding['severity'],
  place: Place,
  message: string,
  mend: string,
) => void

/**
 * Understands one strategy document. Never throws on content: what is wrong is a finding, and what is sound
 * beside it is still there. `file` names the document in findings; its base name is the strategy's id.
 */
export function parseStrategy(file: string, text: string): ParsedStrategy {
  const findings: LintFinding[] = []
  const report: Report = (id, severity, place, message, mend) =>
    void findings.push({ id, severity, file, ...place, message, mend })
  const document = readMarkdown(text)
  if ('reason' in document) {
    report(
      'ADS006',
      'error',
      { line: document.line, column: 1 },
      document.reason,
      'Keep large samples beside the document, in <id>.d/.',
    )
    return { strategy: assemble(file, text, undefined, report), findings }
  }
  return { strategy: assemble(file, text, document, report), findings }
}

function assemble(
  file: string,
  text: string,
  document: MarkdownDocument | undefined,
  report: Report,
): Strategy {
  const { title, sections } = document === undefined ? { title: undefined, sections: [] } : outline(document)
  const id = basename(file, extname(file))
  const blocks = document === undefined ? [] : document.fences.flatMap((fence) => blockOf(fence, sections))
  const front = frontMatterOf(document, report)
  const sound = blocks.filter((block) => placed(block, report))
  const of = (kind: BlockKind) => sound.filter((block) => block.kind === kind).map(originOf)
  const list = <T extends z.ZodType>(kind: BlockKind, schema: T) =>
    of(kind).flatMap((origin) => items(origin, schema, report))
  const { attack, review, scope, owner } = front ?? {}
  return {
    id,
    file,
    title: front?.title ?? title ?? id,
    text,
    hash: digest(text),
    frontMatter: front,
    version: front?.version,
    status: front?.status,
    owner: typeof owner === 'object' ? owner.team : owner,
    review: present({ by: review?.by ?? [], date: review?.date, due: review?.due }),
    scope: { platforms: scope?.platforms ?? [], sources: scope?.sources ?? [] },
    attack: {
      version: attack?.version,
      primary: attack?.primary === undefined ? undefined : present(attack.primary),
      observedAs: (attack?.observed_as ?? []).map(present),
    },
    sections,
    blocks,
    rules: of('rules').map((origin) => ({ file, text: origin.text, line: origin.line, strategy: id })),
    filters: list('filter', filterSchema).flatMap(([filter, place]) => completeFilter(filter, place, report)),
    tests: [
      ...list('test', testSchema).map(([test, place]) => testOf(test, 'test', test.expect, place)),
      ...list('miss', missSchema).map(([miss, place]) => testOf(miss, 'miss', 'silent', place)),
    ],
    priority: of('priority')
      .flatMap((origin) => one(origin, prioritySchema, report))
      .map(([priority, place]) => ({
        default: priority.default,
        when: priority.when ?? [],
        line: place.line,
      }))[0],
    playbook: list('playbook', playbookSchema).map(([step, place]) => present({ ...step, line: place.line })),
    emulations: list('emulate', emulateSchema).map(([emulation, place]) =>
      present({
        ...emulation,
        spec: emulation.spec ?? {},
        run: emulation.run ?? '',
        expect: emulation.expect === undefined ? undefined : present(emulation.expect),
        line: place.line,
      }),
    ),
    assumptions: list('assume', assumeSchema).map(([assumption, place]) =>
      present({ ...assumption, source: assumption.source ?? [], line: place.line }),
    ),
  }
}

function blockOf(fence: Fence, sections: readonly Section[]): Block[] {
  const kind = /^\S+\s+ads:(\S*)/.exec(fence.info)?.[1] ?? /^ads:(\S*)/.exec(fence.info)?.[1]
  if (kind === undefined) return []
  const section = sections.findLast((candidate) => candidate.line < fence.line && fence.line < candidate.end)
  const { text, line, contentLine, indent } = fence
  return [{ kind, section: section?.name, text, line, contentLine, indent }]
}

function placed(block: Block, report: Report): boolean {
  const place = { line: block.line, column: block.indent + 1 }
  if (!Object.hasOwn(BLOCK_SECTIONS, block.kind)) {
    report(
      'ADS004',
      'error',
      place,
      `there is no block “ads:${block.kind}”`,
      `Use one of ads:${Object.keys(BLOCK_SECTIONS).join(', ads:')}.`,
    )
    return false
  }
  const home = BLOCK_SECTIONS[block.kind as BlockKind]
  if (block.section === home) return true
  const where =
    block.section === undefined ? 'outside the framework’s sections' : `in “${SECTION_TITLES[block.section]}”`
  report(
    'ADS004',
    'error',
    place,
    `a block ads:${block.kind} stands ${where}`,
    `Move it to the section “${SECTION_TITLES[home]}”.`,
  )
  return false
}

function originOf(block: Block): Origin {
  return { text: block.text, line: block.contentLine, indent: block.indent, title: `ads:${block.kind}` }
}

/** An empty object where there is front matter that does not fit its form. */
function frontMatterOf(
  document: MarkdownDocument | undefined,
  report: Report,
): Partial<z.output<typeof frontMatterSchema>> | undefined {
  if (document?.frontMatter === undefined) return undefined
  const origin = { text: document.frontMatter, line: 2, indent: 0, title: 'front matter' }
  const found = one(origin, frontMatterSchema, report)[0]?.[0]
  return found ?? {}
}

type Item<T extends z.ZodType> = readonly [z.output<T>, Place]

/** The one value that the text holds, or nothing where it does not fit; then it is reported. */
function one<T extends z.ZodType>(origin: Origin, schema: T, report: Report): Item<T>[] {
  const yaml = read(origin, report)
  return yaml === undefined ? [] : check(yaml, origin, schema, yaml.value, [], report)
}

/** The values of a list, or of a single one; each is checked on its own. */
function items<T extends z.ZodType>(origin: Origin, schema: T, report: Report): Item<T>[] {
  const yaml = read(origin, report)
  if (yaml === undefined || yaml.value === null || yaml.value === undefined) return []
  if (!Array.isArray(yaml.value)) return check(yaml, origin, schema, yaml.value, [], report)
  return yaml.value.flatMap((value, index) => check(yaml, origin, schema, value, [index], report))
}

function read(origin: Origin, report: Report) {
  const yaml = readYaml(origin.text)
  for (const problem of yaml.problems.slice(0, 20)) {
    report(
      'ADS005',
      'error',
      within(origin, problem),
      `${origin.title}: ${problem.message}`,
      'Correct the YAML (version 1.2).',
    )
  }
  return yaml.problems.length > 0 ? undefined : yaml
}

function check<T extends z.ZodType>(
  yaml: ReturnType<typeof readYaml>,
  origin: Origin,
  schema: T,
  value: unknown,
  at: readonly PropertyKey[],
  report: Report,
): Item<T>[] {
  const result = schema.safeParse(value)
  if (result.success) return [[result.data, within(origin, yaml.placeOf(at))]]
  for (const issue of result.error.issues.slice(0, 20)) {
    const path = [...at, ...issue.path]
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
    const place = unknown === undefined ? yaml.placeOf(path) : yaml.placeOfKey(path, unknown)
    const name = issue.path.map(String).join('.')
    const message = unknown === undefined ? issue.message : `unknown field “${unknown}”`
    report(
      'ADS005',
      'error',
      within(origin, place),
      `${origin.title}${name === '' ? '' : ` ${name}`}: ${message}`,
      'Give the block the form that the document format describes.',
    )
  }
  return []
}

function within(origin: Origin, place: Place): Place {
  return { line: origin.line + place.line - 1, column: origin.indent + place.column }
}

/** A filter that nobody answers for, or that never ends, does not apply. */
function completeFilter(
  filter: z.output<typeof filterSchema>,
  place: Place,
  report: Report,
): StrategyFilter[] {
  const { owner, expires } = filter
  if (owner !== undefined && expires !== undefined) {
    const { id, reason, rules, match, sample } = filter
    return [present({ id, reason, owner, expires, rules, match, sample, line: place.line })]
  }
  const missing = [owner === undefined ? 'owner' : '', expires === undefined ? 'expires' : ''].filter(Boolean)
  report(
    'ADS041',
    'error',
    place,
    `filter ${filter.id} has no ${missing.join(' and no ')}: it does not apply`,
    'Name who answers for the filter and the last day on which it holds.',
  )
  return []
}

function testOf(
  parts: z.output<typeof missSchema>,
  kind: 'test' | 'miss',
  expect: 'fire' | 'silent',
  place: Place,
): Strategy['tests'][number] {
  const { id, rule, file, claim, lists, until } = parts
  return present({
    id,
    kind,
    rule,
    expect,
    events: parts.events ?? [],
    file,
    claim,
    lists,
    until,
    line: place.line,
  })
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The object without its undefined properties. */
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Present<T>
}
