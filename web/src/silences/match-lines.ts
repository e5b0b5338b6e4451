import { escaped, identityMatch } from '../../../src/domain/identity-match.ts'
import type { Resource } from '../api/types.ts'
import { asText } from '../../../src/domain/field-of.ts'

/** One line of a match as somebody edits it: a field, with modifiers as in a Sigma rule, and a value. */
export interface MatchLine {
  readonly field: string
  readonly value: string
}

/** What names an entity that has no identity of its own, as far as it is there. */
const NAMES = [
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.deployment.name',
  'k8s.daemonset.name',
  'k8s.statefulset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
  'k8s.pod.name',
  'container.name',
  'user.name',
  'host.name',
] as const
/** What stands for the pods of a workload; below it, the pod's own name changes with each. */
const WORKLOAD = /^k8s\.(?:deployment|daemonset|statefulset|cronjob|job)\.name$/

/** The lines that a silence about an entity begins with: its identity, else its names. */
export function linesFor(entity: Resource): readonly MatchLine[] {
  const identity = identityMatch(entity)
  if (identity !== undefined) return linesOf(identity)
  const named = NAMES.filter((name) => entity[name] !== undefined)
  const workload = named.some((name) => WORKLOAD.test(name))
  return linesOf(
    Object.fromEntries(
      named
        .filter((name) => !(workload && name === 'k8s.pod.name'))
        .map((name) => [name, escaped(entity[name] ?? '')]),
    ),
  )
}

/** An attribute as a line that matches it as it is. */
export function lineFor(entity: Resource, field: string): MatchLine {
  const [line] = linesOf({ [field]: escaped(entity[field] ?? '') })
  return line ?? { field, value: '' }
}

/** A field that has several values takes any of them: it has a line for each. */
function linesOf(match: Readonly<Record<string, string | readonly string[]>>): readonly MatchLine[] {
  return Object.entries(match).flatMap(([field, values]) =>
    [values].flat().map((value): MatchLine => ({ field, value })),
  )
}

/** The match that lines make; those without a field or a value say nothing. */
export function matchOf(lines: readonly MatchLine[]): Readonly<Record<string, readonly string[]>> {
  const match = Map.groupBy(saying(lines), ({ field }) => field.trim())
  return Object.fromEntries([...match].map(([field, each]) => [field, each.map(({ value }) => value)]))
}

/** In words: `container.name is web-1 and host.name is n1 or n2`. */
export function matchText(match: Readonly<Record<string, unknown>>): string {
  return Object.entries(match)
    .map(([field, value]) => {
      const between = field.split('|').includes('all') ? ' and ' : ' or '
      return `${wordsOf(field)} ${(Array.isArray(value) ? value : [value]).map(asText).join(between)}`
    })
    .join(' and ')
}

const WORDS: Readonly<Record<string, string>> = {
  contains: 'contains',
  startswith: 'begins with',
  endswith: 'ends with',
  re: 'matches',
  cidr: 'is in',
}

function wordsOf(field: string): string {
  const [name = '', ...modifiers] = field.split('|')
  const said = modifiers.find((each) => Object.hasOwn(WORDS, each))
  return `${name} ${said === undefined ? 'is' : WORDS[said]}`
}

function saying(lines: readonly MatchLine[]): readonly MatchLine[] {
  return lines.filter(({ field, value }) => field.trim() !== '' && value !== '')
}
