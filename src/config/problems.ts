import { isMap, isScalar, type Document } from 'yaml'
import type { z } from 'zod'
import type { Problem } from '../domain/errors.ts'
import { nearestWord } from '../domain/nearest-word.ts'

/** What is needed of a JSON Schema, as zod writes it. */
export interface KeySchema {
  readonly description?: string
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, KeySchema>>
  readonly items?: KeySchema
  readonly additionalProperties?: KeySchema | boolean
  readonly oneOf?: readonly KeySchema[]
  readonly anyOf?: readonly KeySchema[]
}

/** A configuration that was read, and what it should be. */
export interface CheckedText {
  readonly file: string
  readonly content: unknown
  readonly document: Document.Parsed
  readonly at: (offset: number) => { readonly line: number; readonly column: number }
  readonly schema: KeySchema
  /** What it is, and where its keys are explained; the configuration unless told. */
  readonly about?: { readonly noun: string; readonly reference: string }
}

type Path = readonly PropertyKey[]
type Words = { readonly message: string; readonly mend: string }

/** Longer values are cut where they are repeated. */
const SHOWN = 60
const CONFIGURATION = { noun: 'the configuration', reference: 'docs/configuration.md lists the keys' }

/** What the schema refused, in plain words, where it stands in the text; one problem for each key that is unknown. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], text: CheckedText): Problem[] {
  return issues.flatMap(unwrapped).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [{ file: text.file, ...placeOf(text, issue.path), ...wordsOf(issue, text) }]
    return issue.keys.map((key) => ({
      file: text.file,
      ...placeOfKey(text, issue.path, key),
      ...unknownKey(issue.path, key, text),
    }))
  })
}

/** Where only one of several forms is of the value's kind, what is wrong with it as that form. */
function unwrapped(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = issue.errors.filter(
    (branch) => !branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  )
  if (meant.length !== 1) return [issue]
  return (meant[0] ?? []).flatMap((each) => unwrapped({ ...each, path: [...issue.path, ...each.path] }))
}

/** Where a value stands; where there is none, what it should be in. */
export function placeOf({ document, at }: CheckedText, path: Path): { line: number; column: number } {
  for (let length = path.length; length > 0; length -= 1) {
    const start = startOf(document.getIn(path.slice(0, length), true))
    if (start !== undefined) return at(start)
  }
  return at(startOf(document.contents) ?? 0)
}

/** Where a key's name stands. */
function placeOfKey(text: CheckedText, path: Path, key: string): { line: number; column: number } {
  const parent: unknown = path.length === 0 ? text.document.contents : text.document.getIn(path, true)
  const pair = isMap(parent)
    ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : undefined
  const start = startOf(pair?.key)
  return start === undefined ? placeOf(text, path) : text.at(start)
}

/** `inputs[0].paths` */
export function nameOf(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}

function wordsOf(issue: z.core.$ZodIssue, text: CheckedText): Words {
  const { path } = issue
  const { noun, reference } = text.about ?? CONFIGURATION
  const name = path.length === 0 ? noun : nameOf(path)
  const value = valueAt(text.content, path)
  const is = `and is ${shown(value)}`
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return { message: `${name} is missing`, mend: mendOf(path, text, 'write it') }
      return {
        message: `${name} must be ${kindOf(issue.expected)}, ${is}`,
        mend: mendOf(path, text, `write ${kindOf(issue.expected)}`),
      }
    case 'invalid_value':
      return oneOf(name, issue.values.map(String), value)
    case 'invalid_union':
      return unionWords(issue, name, value, text)
    case 'too_small':
    case 'too_big':
      return sizeWords(issue, name, value, mendOf(path, text, 'write another'))
    case 'invalid_format':
    case 'custom':
      return {
        message:
          value === undefined ? `${name}: ${issue.message}` : `${name} is ${shown(value)}: ${issue.message}`,
        mend: mendOf(path, text, issue.message),
      }
    default:
      return { message: `${name}: ${issue.message}`, mend: mendOf(path, text, reference) }
  }
}

function unionWords(
  issue: z.core.$ZodIssueInvalidUnion,
  name: string,
  value: unknown,
  text: CheckedText,
): Words {
  const choices = choicesAt(issue, text)
  if (choices.length > 0) return oneOf(name, choices, value)
  const wanted = issue.errors.flatMap((branch) =>
    branch.flatMap((each) =>
      each.code === 'invalid_type' && each.path.length === 0 ? [kindOf(each.expected)] : [],
    ),
  )
  const mend = mendOf(issue.path, text, (text.about ?? CONFIGURATION).reference)
  if (wanted.length === 0) return { message: `${name} is ${shown(value)}, which does not fit`, mend }
  return { message: `${name} must be ${wanted.join(' or ')}, and is ${shown(value)}`, mend }
}

/** What may stand at a key that decides which others there are (`type`). */
function choicesAt(issue: z.core.$ZodIssueInvalidUnion, { schema, content }: CheckedText): readonly string[] {
  const key = issue.discriminator
  if (key === undefined) return []
  const parent = issue.path.at(-1) === key ? issue.path.slice(0, -1) : issue.path
  const at = schemaAt(schema, parent, content)
  return (at?.oneOf ?? []).flatMap((branch) => {
    const choice = branch.properties?.[key]?.const
    return typeof choice === 'string' ? [choice] : []
  })
}

function oneOf(name: string, choices: readonly string[], value: unknown): Words {
  const meant = typeof value === 'string' ? nearestWord(value, choices) : undefined
  const list = choices.join(', ')
  if (value === undefined) return { message: `${name} is missing`, mend: `write one of ${list}` }
  return {
    message: `${name} is ${shown(value)}, and must be one of ${list}`,
    mend: meant === undefined ? `write one of ${list}` : `did you mean ${meant}?`,
  }
}

function unknownKey(path: Path, key: string, text: CheckedText): Words {
  const keys = Object.keys(branchAt(text.schema, path, text.content)?.properties ?? {})
  const meant = nearestWord(key, keys)
  const where = path.length === 0 ? 'here' : `in ${nameOf(path)}`
  return {
    message: `there is no key ${shown(key)} ${where}`,
    mend:
      meant === undefined
        ? `remove it; the keys there are: ${keys.join(', ')}`
        : `did you mean ${meant}? The keys there are: ${keys.join(', ')}`,
  }
}

function sizeWords(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  name: string,
  value: unknown,
  mend: string,
): Words {
  const small = issue.code === 'too_small'
  const bound = String(small ? issue.minimum : issue.maximum)
  const least = `${small ? 'at least' : 'at most'} ${bound}`
  if (typeof value === 'number') return { message: `${name} is ${value}, and must be ${least}`, mend }
  if ((Array.isArray(value) || typeof value === 'string') && value.length === 0)
    return { message: `${name} is empty`, mend }
  const unit = Array.isArray(value) ? 'entries' : 'characters'
  return { message: `${name} must have ${least} ${unit}`, mend }
}

/** What the key is for, as the reference says it. */
function mendOf(path: Path, { schema, content }: CheckedText, otherwise: string): string {
  const description = schemaAt(schema, path, content)?.description
  const key = path.findLast((step) => typeof step === 'string')
  return description === undefined || key === undefined ? otherwise : `${key}: ${description}`
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
}

function kindOf(expected: string): string {
  return KINDS[expected] ?? expected
}

function shown(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'keys with values'
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…"`
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined,
    content,
  )
}

/** The schema of what stands at a path; the value beside it decides between alternatives. */
function schemaAt(schema: KeySchema, path: Path, content: unknown): KeySchema | undefined {
  const [step, ...rest] = path
  if (step === undefined) return schema
  const branch = branchOf(schema, content)
  const next = typeof step === 'number' ? branch.items : memberSchema(branch, String(step))
  return next === undefined ? undefined : schemaAt(next, rest, valueAt(content, [step]))
}

function memberSchema({ properties, additionalProperties }: KeySchema, name: string): KeySchema | undefined {
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

function branchAt(schema: KeySchema, path: Path, content: unknown): KeySchema | undefined {
  const at = schemaAt(schema, path, content)
  return at === undefined ? undefined : branchOf(at, valueAt(content, path))
}

function branchOf(schema: KeySchema, value: unknown): KeySchema {
  const branches = schema.oneOf ?? schema.anyOf ?? []
  const fitting = branches.find((branch) => agrees(branch, value))
  const keyed =
    typeof value === 'object' ? branches.find(({ properties }) => properties !== undefined) : undefined
  return fitting ?? keyed ?? schema
}

/** Whether the keys that decide have the values that a branch wants. */
function agrees({ properties }: KeySchema, value: unknown): boolean {
  const constants = Object.entries(properties ?? {}).filter(([, { const: wanted }]) => wanted !== undefined)
  return constants.length > 0 && constants.every(([key, each]) => valueAt(value, [key]) === each.const)
}

function startOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] } | null | undefined)?.range?.[0]
}
