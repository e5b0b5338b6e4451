import { compileBaseline, loadedBaseline } from './compile-baselines.ts'
import { compileCorrelations } from './compile-correlations.ts'
import type { Problem } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { MatchedField, RuleRef } from '../domain/match.ts'
import { readDetection } from './detection.ts'
import { fieldReader, keywordReader } from './field.ts'
import type { FieldReader } from './field.ts'
import { readYaml } from './documents.ts'
import type { ReadYaml } from './documents.ts'
import { readLibrary } from './library.ts'
import { matchedIn } from './matched.ts'
import { conditionTest, detectionTest, some } from './predicate.ts'
import type { Readers } from './predicate.ts'
import { mistake, newReport, problemIn } from './problem.ts'
import type { ParsedRule } from './rule.ts'
import { rulesetOf } from './ruleset.ts'
import type { CompiledRule } from './ruleset.ts'
import { sharedRulesOf, shareRules } from './shared-rules.ts'
import type { SharedRule, SharedRules } from './shared-rules.ts'
import type { Compiled, EventPredicate, Lists, LoadedRule, Ruleset, RuleText } from './types.ts'
import type { EventTest } from './value-test.ts'
import { techniques } from './techniques.ts'
import { treeOf } from './yaml.ts'

/** Compiles every rule of the texts once. Whatever is wrong or not supported is refused with its place and a mend. */
export function compileRules(
  texts: readonly RuleText[],
  {
    lists,
    sharing,
    read,
  }: {
    readonly lists: Lists
    /** Told the rules once they are read, for threads to compile them as well. */
    readonly sharing?: ((rules: SharedRules) => void) | undefined
    readonly read?: ReadYaml
  },
): Compiled {
  const library = readLibrary(texts, lists, read)
  sharing?.(shareRules(library.rules))
  const { rules, refused, warnings } = library
  const readers = sharedReaders()
  const compiled = rules.map(({ rule, text }) => compileRule(rule, text, readers))
  const plain = rulesetOf(compiled, readers)
  const learned = library.baselines.map((each) => ({ each, baseline: compileBaseline(each) }))
  const baselines = learned.map(({ baseline }) => baseline)
  const known = [...plain.rules, ...learned.map(({ each, baseline }) => loadedBaseline(each, baseline))]
  const { correlations, loaded } = compileCorrelations(library, baselines, known)
  return {
    ruleset: { ...plain, rules: loaded, baselines, correlations },
    refused: inOrder(texts, refused),
    warnings: inOrder(texts, warnings),
  }
}

/** `compileRules` for the same texts with one set of lists after another: what YAML they hold is read once. */
export function repeatedCompiler(): (
  texts: readonly RuleText[],
  options: { readonly lists: Lists },
) => Compiled {
  const known = new Map<string, ReturnType<ReadYaml>>()
  const read: ReadYaml = (text) => {
    const key = `${text.line} ${text.text}`
    const documents = known.get(key) ?? readYaml(text)
    known.set(key, documents)
    return documents
  }
  return (texts, { lists }) => compileRules(texts, { lists, read })
}

/** Compiles what another thread has read. */
export function compileShared(shared: SharedRules): Pick<Ruleset, 'match'> {
  const readers = sharedReaders()
  return rulesetOf(
    sharedRulesOf(shared).map(({ rule, text }) => compileRule(rule, text, readers)),
    readers,
  )
}

/** By file, as they were given, and by line; of one line, the cause before what follows of it. */
function inOrder(texts: readonly RuleText[], problems: readonly Problem[]): readonly Problem[] {
  const places = new Map(texts.map(({ file }, place) => [file, place]))
  const placeOf = ({ file }: Problem): number => places.get(file) ?? texts.length
  return problems.toSorted((a, b) => placeOf(a) - placeOf(b) || a.line - b.line)
}

/**
 * Compiles the `match` of a filter or silence: a mapping, or a list of them, as a Sigma search identifier. A
 * placeholder whose list is unset matches nothing for certain, so that the filter exempts nobody by it.
 */
export function compilePredicate(
  match: Record<string, unknown> | readonly unknown[],
  { lists, file, line }: { readonly lists: Lists; readonly file: string; readonly line: number },
): { readonly predicate: EventPredicate } | { readonly problems: readonly Problem[] } {
  const report = newReport()
  const at = { line, column: 1 }
  const tree = treeOf(match, at)
  if (!tree)
    report.mistakes.push(mistake(at, 'match holds something that is no data', 'write fields and values'))
  const use = { lists, whenUnset: 'unknown', used: new Set<string>(), unset: new Set<string>() } as const
  const detection = tree && readDetection(tree, use, report)
  if (!detection || report.mistakes.length > 0)
    return { problems: report.mistakes.map((each) => problemIn(file, each)) }
  return { predicate: detectionTest(detection, sharedReaders(), true) }
}

/** One reader for each field name, whatever number of rules read it. */
export function sharedReaders(): Readers {
  const fields = new Map<string, FieldReader>()
  return {
    keywords: keywordReader(),
    field(name) {
      const known = fields.get(name) ?? fieldReader(name)
      fields.set(name, known)
      return known
    },
  }
}

function compileRule(rule: ParsedRule, text: SharedRule['text'], readers: Readers): CompiledRule {
  const { attributes, logsource } = rule
  const level = attributes.level ?? 'medium'
  const ref: RuleRef = {
    id: rule.id,
    title: attributes.title,
    level,
    attack: techniques(attributes.tags),
    strategy: text.strategy,
    fields: attributes.fields,
  }
  const loaded: LoadedRule = {
    id: rule.id,
    name: attributes.name,
    title: attributes.title,
    strategy: text.strategy,
    file: text.file,
    line: rule.at.line,
    level,
    tags: attributes.tags,
    logsource,
    fields: rule.fields,
    shows: attributes.fields,
    lists: rule.lists,
    unsetLists: rule.unsetLists,
    weakened: rule.weakened,
    custom: attributes.custom,
  }
  // Compiled when it is first needed: most rules of a large collection never are.
  let test: EventTest | undefined
  let matched: ((event: Event) => readonly MatchedField[]) | undefined
  return {
    loaded,
    ref,
    parsed: rule,
    logsource,
    test(event) {
      test ??= some(rule.conditions.map((condition) => conditionTest(condition, rule.identifiers, readers)))
      return test(event)
    },
    matched(event) {
      matched ??= matchedIn(rule, readers)
      return matched(event)
    },
  }
}
