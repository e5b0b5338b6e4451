import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Document, visit } from 'yaml'
import { compileRules, plainDocuments } from '../sigma/sigma.ts'
import { loadStrategies } from '../strategy/load.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { EXIT, type Exit } from './exit.ts'
import { count, safe, type Output } from './output.ts'

type Written = Readonly<Record<string, unknown>>

/**
 * Writes every rule, correlation and filter of the strategies as a Sigma file of its own, for other tools. A
 * placeholder stays one: its values are the site's, and Sigma's tools have their own place for them.
 */
export async function exportSigma(
  folder: string,
  { strategies }: { readonly strategies: string },
  output: Output,
): Promise<Exit> {
  const loaded = await loadStrategies(strategies)
  let written = 0
  for (const strategy of loaded.strategies) {
    const documents = documentsOf(strategy)
    if (documents.length > 0) await mkdir(join(folder, strategy.id), { recursive: true })
    const names = new Set<string>()
    for (const document of documents) {
      await writeFile(join(folder, strategy.id, `${fileName(document, names)}.yml`), yamlOf(document))
      written += 1
    }
  }
  const { ruleset } = compileRules(
    loaded.strategies.flatMap(({ rules }) => rules),
    { lists: new Map() },
  )
  const lists = [...new Set(ruleset.rules.flatMap((rule) => rule.lists))].sort()
  output.err(`${count(written, 'rule')} written to ${safe(folder)}\n`)
  if (lists.length > 0)
    output.err(`placeholders that the other tool needs values for: ${safe(lists.join(', '))}\n`)
  return EXIT.ok
}

function documentsOf({ rules }: Strategy): readonly Written[] {
  const documents = rules.flatMap(plainDocuments) as readonly Written[]
  const names = documents
    .filter((document) => document['detection'] !== undefined)
    .flatMap(({ id, name }) => [id, name].find((each) => typeof each === 'string') ?? [])
  return plain(documents).map((document) => withinStrategy(document, names))
}

/** Other tools have no baselines, nor correlations of our own, nor what rests on them: their rules are of use without. */
function plain(documents: readonly Written[]): readonly Written[] {
  const missing = new Set<unknown>()
  let rest = documents
  for (;;) {
    const left = rest.filter((document) => isPlain(document, missing))
    if (left.length === rest.length) return left
    for (const { id, name } of rest.filter((document) => !left.includes(document)))
      for (const each of [id, name]) if (each !== undefined) missing.add(each)
    rest = left
  }
}

/** Types of correlations that Sigma does not have. */
const OURS: ReadonlySet<unknown> = new Set(['event_regularity', 'unexplained'])

function isPlain({ baseline, correlation }: Written, missing: ReadonlySet<unknown>): boolean {
  if (baseline !== undefined) return false
  const { rules = [], type, condition } = (correlation ?? {}) as Written
  // a condition in words may name what `rules` does not
  const named = typeof condition === 'string' ? condition.split(/[\s()]+/) : []
  return !OURS.has(type) && ![rules, named].flat(2).some((each) => missing.has(each))
}

/** A strategy's filter is for its own rules; elsewhere `any` would be every rule that there is. */
function withinStrategy(document: Written, names: readonly unknown[]): Written {
  const filter = document['filter']
  if (typeof filter !== 'object' || filter === null) return document
  const { rules } = filter as { readonly rules?: unknown }
  const isAny =
    typeof rules === 'string' ? rules.toLowerCase() === 'any' : Array.isArray(rules) && rules.length === 0
  return isAny ? { ...document, filter: { ...filter, rules: names } } : document
}

/** A document's name or id, if it can be the name of a file; no two in one folder. */
function fileName({ name, id }: Written, taken: Set<string>): string {
  const wanted =
    [name, id].find((each): each is string => typeof each === 'string' && /^\w[\w.-]{0,127}$/.test(each)) ??
    'rule'
  let free = wanted
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${wanted}-${number}`
  taken.add(free.toLowerCase())
  return free
}

/**
 * YAML that a reader of version 1.1 understands as one of 1.2 does: texts below `detection` and `filter` are quoted,
 * the others where either version would take them for something else.
 */
function yamlOf(document: Written): string {
  const written = new Document(document, { version: '1.1' })
  const quoted = (node: unknown): void =>
    visit(node as Document, {
      Scalar(key, scalar) {
        if (key !== 'key' && typeof scalar.value === 'string') scalar.type = 'QUOTE_SINGLE'
      },
    })
  for (const key of ['detection', 'filter']) {
    const part = written.get(key, true)
    if (part !== undefined) quoted(part)
  }
  // without a directive: Sigma's readers expect none
  return written.toString({ lineWidth: 0, directives: false })
}
