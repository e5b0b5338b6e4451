import { dirname, join, normalize, sep } from 'node:path'
import type { Problem } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { Match } from '../domain/match.ts'
import type { EventPredicate, Lists, LoadedRule, Ruleset } from '../sigma/sigma.ts'
import type { CompileRules } from './compile-rules.ts'
import { isNamed } from './lint-validation.ts'
import type { LintFinding, Strategy, StrategyFilter, StrategyTest } from './strategy.ts'
import { correlationFires, type Correlate } from './test-correlation.ts'
import { testEvent, testEvents } from './test-event.ts'
import { vacuousSelections } from './vacuity.ts'
import type { TestResult } from './test-result.ts'

export type { TestResult } from './test-result.ts'

export interface TestParts {
  readonly compile: CompileRules
  /** `compilePredicate` of the engine. */
  readonly predicate: (
    match: Record<string, unknown>,
    options: { readonly lists: Lists; readonly file: string; readonly line: number },
  ) => { readonly predicate: EventPredicate } | { readonly problems: readonly Problem[] }
  /** Events of a file of raw records, run through their source. A rejection fails the test that names the file. */
  readonly readEvents: (path: string) => Promise<readonly Event[]>
  readonly correlate: Correlate
}

interface Hold {
  readonly filter: StrategyFilter
  readonly predicate: EventPredicate
}

/**
 * Runs the tests and misses of a document, and checks its filters: each suppresses its own sample and no firing
 * test. A list that a test does not set is unset in it. Filters apply whether or not they have expired.
 */
export async function runStrategyTests(strategy: Strategy, parts: TestParts): Promise<readonly TestResult[]> {
  const once = { ...parts, compile: compileOnce(parts.compile) }
  const results: TestResult[] = []
  for (const test of strategy.tests) {
    results.push(...(await runTest(strategy, test, once)))
  }
  return [...results, ...strategy.filters.flatMap((filter) => checkSample(strategy, filter, once))]
}

/** The same rules with the same lists are compiled once; most tests set none. */
function compileOnce(compile: CompileRules): CompileRules {
  const known = new Map<string, ReturnType<CompileRules>>()
  return (texts, options) => {
    const key = JSON.stringify([...options.lists])
    const compiled = known.get(key) ?? compile(texts, options)
    known.set(key, compiled)
    return compiled
  }
}

/** Failures that are lint findings: 043 and 052. */
export function testFindings(strategy: Strategy, results: readonly TestResult[]): readonly LintFinding[] {
  const mends = {
    ADS043: 'Narrow the filter until it leaves the firing tests alone and suppresses its sample.',
    ADS052: 'Give the test events in which each selection decides.',
  }
  return results.flatMap(({ finding, line, id, message }) =>
    finding === undefined
      ? []
      : [
          {
            id: finding,
            severity: 'error' as const,
            file: strategy.file,
            line,
            column: 1,
            message: `${id}: ${message}`,
            mend: mends[finding],
          },
        ],
  )
}

async function runTest(strategy: Strategy, test: StrategyTest, parts: TestParts): Promise<TestResult[]> {
  const result = (pass: boolean, message: string, finding?: 'ADS043' | 'ADS052'): TestResult[] => {
    const { id, kind, rule, expect, line } = test
    return [{ id, kind, rule, expect, pass, message, line, ...(finding === undefined ? {} : { finding }) }]
  }
  const lists: Lists = new Map(Object.entries(test.lists ?? {}))
  const { ruleset } = parts.compile(strategy.rules, { lists })
  const rule = ruleset.rules.find((candidate) => isNamed(candidate, test.rule))
  if (rule === undefined) return result(false, `no rule ${JSON.stringify(test.rule)} compiles`)
  const events = await eventsOf(strategy, test, parts)
  if (typeof events === 'string') return result(false, events)
  if (rule.correlation !== undefined || rule.baseline !== undefined) {
    const [pass, message] = correlationResult(strategy, test, rule, ruleset, events, lists, parts)
    return result(pass, message)
  }
  const holds = holdsOf(strategy, rule, lists, parts)
  const matched = events.filter((event) => holdsOn(ruleset, rule, event))
  const left = matched.filter((event) => !holds.some(({ predicate }) => predicate(event)))
  if (test.expect === 'silent') {
    if (left.length === 0)
      return result(true, matched.length > 0 ? 'silent: a filter suppresses it' : 'silent')
    return result(
      false,
      test.kind === 'miss'
        ? 'the known miss fires: the text is out of date'
        : 'fires, and should stay silent',
    )
  }
  if (matched.length === 0) return result(false, 'stays silent, and should fire')
  if (left.length === 0) {
    const by = holds.filter(({ predicate }) => matched.some(predicate)).map(({ filter }) => filter.id)
    return result(false, `filter ${by.join(', ')} hides it`, 'ADS043')
  }
  const vacuous = vacuousSelections(strategy, rule, matched, (event) => holdsOn(ruleset, rule, event))
  if (vacuous.length > 0) return result(false, `vacuous: no field of ${vacuous.join(', ')} decides`, 'ADS052')
  return result(true, 'fires')
}

/** A filter holds back the matches that a correlation would take, not the correlation. */
function correlationResult(
  strategy: Strategy,
  test: StrategyTest,
  rule: LoadedRule,
  ruleset: Ruleset,
  events: readonly Event[],
  lists: Lists,
  parts: TestParts,
): readonly [pass: boolean, message: string] {
  const holds = new Map(
    ruleset.rules.map((each) => [each.id, holdsOf(strategy, each, lists, parts)] as const),
  )
  const isHeld = (match: Match): boolean =>
    (holds.get(match.rule.id) ?? []).some(({ predicate }) => predicate(match.event))
  const fires = (of: readonly Event[], unless: (match: Match) => boolean): boolean =>
    correlationFires(rule, ruleset, of, test, unless, parts.correlate)
  if (test.expect === 'silent') {
    if (!fires(events, isHeld)) return [true, 'silent']
    const isMiss = test.kind === 'miss'
    return [false, isMiss ? 'the known miss fires: the text is out of date' : 'fires, and should stay silent']
  }
  if (fires(events, isHeld)) return [true, 'fires']
  const isFiltered = fires(events, () => false)
  return [false, isFiltered ? 'a filter of its rules hides it' : 'stays silent, and should fire']
}

function checkSample(strategy: Strategy, filter: StrategyFilter, parts: TestParts): TestResult[] {
  const result = (pass: boolean, message: string): TestResult[] => {
    const { id, rules, line } = filter
    const base = {
      id,
      kind: 'filter' as const,
      rule: rules.join(', '),
      expect: 'silent' as const,
      pass,
      message,
      line,
    }
    return [pass ? base : { ...base, finding: 'ADS043' as const }]
  }
  if (filter.sample === undefined) return []
  const event = testEvent(filter.sample, `${filter.id}#sample`)
  if (typeof event === 'string') return result(false, `sample: ${event}`)
  const lists: Lists = new Map()
  const { ruleset } = parts.compile(strategy.rules, { lists })
  const rules = ruleset.rules.filter((rule) => filter.rules.some((name) => isNamed(rule, name)))
  if (!rules.some((rule) => holdsOn(ruleset, rule, event)))
    return result(false, 'none of its rules holds on its sample')
  const compiled = compileFilter(strategy, filter, lists, parts)
  if (compiled === undefined) return result(false, 'its match does not compile')
  return compiled(event)
    ? result(true, 'suppresses its sample')
    : result(false, 'does not suppress its own sample')
}

function holdsOf(strategy: Strategy, rule: LoadedRule, lists: Lists, parts: TestParts): readonly Hold[] {
  return strategy.filters
    .filter((filter) => filter.rules.some((name) => isNamed(rule, name)))
    .flatMap((filter) => {
      const predicate = compileFilter(strategy, filter, lists, parts)
      return predicate === undefined ? [] : [{ filter, predicate }]
    })
}

function compileFilter(
  strategy: Strategy,
  filter: StrategyFilter,
  lists: Lists,
  parts: TestParts,
): EventPredicate | undefined {
  const compiled = parts.predicate({ ...filter.match }, { lists, file: strategy.file, line: filter.line })
  return 'problems' in compiled ? undefined : compiled.predicate
}

function holdsOn(ruleset: Ruleset, rule: LoadedRule, event: Event): boolean {
  return ruleset.match(event).some((match) => match.rule.id === rule.id)
}

/** The test's events, or why there are none. */
async function eventsOf(
  strategy: Strategy,
  test: StrategyTest,
  parts: TestParts,
): Promise<readonly Event[] | string> {
  if (test.file !== undefined) return fileEvents(strategy, test.file, parts)
  const events = test.events.map((described, index) => testEvents(described, `${test.id}#${index}`))
  const wrong = events.find((each) => typeof each === 'string')
  if (wrong !== undefined) return `event ${events.indexOf(wrong) + 1}: ${wrong}`
  if (events.length === 0) return 'the test has neither events nor a file'
  return events.flatMap((each) => (typeof each === 'string' ? [] : each))
}

async function fileEvents(
  strategy: Strategy,
  file: string,
  parts: TestParts,
): Promise<readonly Event[] | string> {
  const folder = `${strategy.id}.d`
  const inside = normalize(file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file)
  if (inside.startsWith(sep) || inside.split(sep).includes('..')) return `the file has to lie in ${folder}`
  try {
    const events = await parts.readEvents(join(dirname(strategy.file), folder, inside))
    return events.length === 0 ? `${inside} holds no event` : events
  } catch (error) {
    return `${inside}: ${error instanceof Error ? error.message : String(error)}`
  }
}
