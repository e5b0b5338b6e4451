import { parseAllDocuments } from 'yaml'
import type { Event } from '../domain/event.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import type { Strategy } from './strategy.ts'

/** A value that no rule asks for. */
const STRANGER = '\u{F0000}'

interface Selection {
  readonly name: string
  readonly fields: readonly string[]
}

/**
 * Selections that the firing events do not test: in each event every field is once taken away and once given a
 * strange value, and none of these mutations silences the rule. Where the condition has alternatives, one
 * decisive field for the whole rule is enough, because an event need not satisfy them all.
 */
export function vacuousSelections(
  strategy: Strategy,
  rule: LoadedRule,
  events: readonly Event[],
  fires: (event: Event) => boolean,
): readonly string[] {
  const selections = positiveSelections(strategy, rule)
  const decides = (field: string) =>
    events.every((event) => mutations(event, field).some((mutant) => !fires(mutant)))
  return selections
    .filter((selection) => selection.fields.length > 0 && !selection.fields.some(decides))
    .map((selection) => selection.name)
}

function mutations(event: Event, field: string): readonly Event[] {
  const { [field]: _attribute, ...resource } = event.resource
  const { [field]: _paths, ...mapping } = event.mapping
  return [
    { ...event, resource, mapping: { ...mapping, [field]: [[STRANGER]] } },
    { ...event, resource, mapping, record: { ...(event.record as object), [field]: STRANGER } },
  ]
}

function positiveSelections(strategy: Strategy, rule: LoadedRule): readonly Selection[] {
  const detection = detectionOf(strategy, rule)
  if (detection === undefined) return [{ name: 'the rule', fields: rule.fields }]
  const condition = [detection['condition']].flat().join(' or ')
  const selections = Object.entries(detection)
    .filter(([name]) => name !== 'condition' && !isNegated(condition, name))
    .map(([name, value]) => ({ name, fields: fieldsOf(value) }))
  if (/\bor\b|\bof\b/.test(condition)) {
    return [{ name: 'any selection', fields: selections.flatMap((selection) => selection.fields) }]
  }
  return selections
}

/** Whether the condition uses the identifier only behind `not`, by its name, by a pattern, or within parentheses. */
function isNegated(condition: string, name: string): boolean {
  const negated = [...condition.matchAll(/\bnot\s+(\([^()]*\)|(?:(?:all|any|\d+)\s+of\s+)?[\w*.-]+)/g)].map(
    (found) => found[1] ?? '',
  )
  const rest = negated.reduce((left, part) => left.replace(part, ' '), condition)
  return mentions(negated.join(' '), name) && !mentions(rest, name)
}

function mentions(text: string, name: string): boolean {
  return (text.match(/[\w*.-]+/g) ?? []).some((word) =>
    word.endsWith('*') ? name.startsWith(word.slice(0, -1)) : word === name,
  )
}

function detectionOf(strategy: Strategy, rule: LoadedRule): Record<string, unknown> | undefined {
  for (const { id, name, detection } of documentsOf(strategy)) {
    const isNamed = id === rule.id || (id === undefined && name === rule.name)
    if (isNamed && typeof detection === 'object' && detection !== null)
      return detection as Record<string, unknown>
  }
  return undefined
}

type RuleDocument = Readonly<Record<string, unknown>>

/** Read once, for all tests of a strategy. */
const known = new WeakMap<Strategy, readonly RuleDocument[]>()

function documentsOf(strategy: Strategy): readonly RuleDocument[] {
  const documents = known.get(strategy) ?? strategy.rules.flatMap(({ text }) => readDocuments(text))
  known.set(strategy, documents)
  return documents
}

function readDocuments(text: string): readonly RuleDocument[] {
  return [...parseAllDocuments(text, { version: '1.2', schema: 'core', logLevel: 'silent' })].flatMap(
    (document) => {
      if (!('toJS' in document) || document.errors.length > 0) return []
      const value = document.toJS({ maxAliasCount: 20 }) as RuleDocument | null | undefined
      return typeof value === 'object' && value !== null ? [value] : []
    },
  )
}

/** `CommandLine|contains|all` → `CommandLine`, of a mapping or a list of them; keywords have no field. */
function fieldsOf(selection: unknown): readonly string[] {
  if (Array.isArray(selection)) return selection.flatMap(fieldsOf)
  if (typeof selection !== 'object' || selection === null) return []
  return Object.keys(selection)
    .map((key) => key.split('|')[0] ?? key)
    .filter((field) => field !== '')
}
