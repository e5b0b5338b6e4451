import { parseDuration } from '../domain/day.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import { quoted } from './lint-context.ts'
import type { Check, LintContext } from './lint-context.ts'
import { testEvent } from './test-event.ts'
import type { Emulation, LintFinding, StrategyTest } from './strategy.ts'

/** Tests and emulations: 005, 050, 051, 053, 057–059. */
export const lintValidation: Check = (context) => [
  ...tests(context),
  ...strangers(context),
  ...undescribed(context),
  ...edges(context),
  ...withoutHistory(context),
  ...unmeasured(context),
  ...context.strategy.emulations.flatMap((emulation) => emulationFindings(context, emulation)),
]

/** Whether alerts come of the rule; an informational one, one that others take, and a weak baseline is a signal. */
export function isAlerting(rule: Pick<LoadedRule, 'level' | 'signalOf' | 'baseline'>): boolean {
  return rule.level !== 'informational' && rule.signalOf === undefined && rule.baseline?.alert !== false
}

function tests(context: LintContext): LintFinding[] {
  const { strategy } = context
  const mends = {
    fire: 'Add a test with expect: fire.',
    silent: 'Add a test with expect: silent: the nearest benign activity.',
  }
  const missing = (expect: 'fire' | 'silent', place: number, of: string) =>
    context.finding(
      expect === 'fire' ? 'ADS050' : 'ADS051',
      context.wrong,
      place,
      `no test shows that ${of} ${expect === 'fire' ? 'fires' : 'stays silent'}`,
      mends[expect],
    )
  if (strategy.rules.length === 0) {
    const line = context.section('validation')?.line ?? 1
    return (['fire', 'silent'] as const)
      .filter((expect) => !strategy.tests.some((test) => test.kind === 'test' && test.expect === expect))
      .map((expect) => missing(expect, line, 'the strategy'))
  }
  return context.rules
    .filter(isAlerting)
    .flatMap((rule) =>
      (['fire', 'silent'] as const)
        .filter(
          (expect) =>
            !strategy.tests.some(
              (test) => test.kind === 'test' && test.expect === expect && isNamed(rule, test.rule),
            ),
        )
        .map((expect) => missing(expect, rule.line, `the rule ${quoted(rule.title)}`)),
    )
}

/** Whether `name` means the rule: its name, its id or its title. */
export function isNamed(rule: Pick<LoadedRule, 'id' | 'name' | 'title'>, name: string): boolean {
  return rule.id === name || rule.name === name || rule.title === name
}

/** A test, a filter or an emulation for a rule that the document does not have tests nothing. */
function strangers(context: LintContext): LintFinding[] {
  const { tests, filters, emulations } = context.strategy
  if (context.rules.length === 0 || context.refused.length > 0) return []
  const uses = [
    ...tests.map((test) => ({ id: test.id, rule: test.rule, line: test.line })),
    ...filters.flatMap((filter) => filter.rules.map((rule) => ({ id: filter.id, rule, line: filter.line }))),
    ...emulations.flatMap(({ id, expect, line }) =>
      expect?.rule === undefined ? [] : [{ id, rule: expect.rule, line }],
    ),
  ]
  return uses
    .filter((use) => !context.rules.some((rule) => isNamed(rule, use.rule)))
    .map((use) =>
      context.finding(
        'ADS005',
        'error',
        use.line,
        `${use.id} names a rule that is not in the document: ${quoted(use.rule)}`,
        'Write the name or the id of one of its rules.',
      ),
    )
}

/** Events that describe none: a test with such an event is silent whatever its rule says. */
function undescribed(context: LintContext): LintFinding[] {
  const { tests: all, filters } = context.strategy
  const described = [
    ...all.flatMap(({ id, line, events }) => events.map((event) => ({ id, line, event }))),
    ...filters.flatMap(({ id, line, sample: event }) => (event === undefined ? [] : [{ id, line, event }])),
  ]
  const wrong = described.flatMap(({ id, line, event }) => {
    const made = testEvent(event, id)
    return typeof made === 'string' ? [{ line, message: `${id}: ${made}` }] : []
  })
  return uniqueBy(wrong, ({ message }) => message).map(({ line, message }) =>
    context.finding(
      'ADS005',
      'error',
      line,
      message,
      'Write category or source as tallyman sources list has them.',
    ),
  )
}

function uniqueBy<T>(all: readonly T[], key: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()]
}

/**
 * A correlation needs a test that fires within its window and one that stays silent because it is over; one that is
 * decided at the end of its window, tests that let time pass until then.
 */
function edges(context: LintContext): LintFinding[] {
  const { strategy, rules } = context
  return rules.flatMap((rule) => {
    const { correlation } = rule
    if (correlation === undefined) return []
    const tests = strategy.tests.filter((test) => test.kind === 'test' && isNamed(rule, test.rule))
    const isEdge = correlation.decidedAtEnd
      ? (test: StrategyTest) => test.until !== undefined || spanOf(test) >= correlation.timespan
      : (test: StrategyTest) => test.expect === 'fire' || spanOf(test) >= correlation.timespan
    const tested = (['fire', 'silent'] as const).every((expect) =>
      tests.some((test) => test.expect === expect && (test.file !== undefined || isEdge(test))),
    )
    if (tested) return []
    return [
      context.finding(
        'ADS053',
        'warning',
        rule.line,
        `the correlation ${quoted(rule.title)} is not tested at the edge of its window`,
        correlation.decidedAtEnd
          ? 'Add a test that fires and one that stays silent, both with until: as long as its window.'
          : 'Add a test just inside the window that fires, and one just beyond that stays silent.',
      ),
    ]
  })
}

/** A baseline tells nothing that it did not learn: a test without a past shows nothing. */
function withoutHistory(context: LintContext): LintFinding[] {
  const { strategy, rules } = context
  return rules.flatMap((rule) => {
    if (rule.baseline === undefined) return []
    const isBare = ({ events, file }: StrategyTest): boolean =>
      file === undefined && !events.some(({ repeat }) => repeat !== undefined)
    return strategy.tests
      .filter((test) => test.kind === 'test' && isNamed(rule, test.rule) && isBare(test))
      .map((test) =>
        context.finding(
          'ADS053',
          'warning',
          test.line,
          `${test.id} gives the baseline ${quoted(rule.title)} no past to learn from`,
          'Add an event with repeat: {every: 1h, for: 14d}.',
        ),
      )
  })
}

/** ms from a test's first event to its last, or to the end of the last that is repeated. */
function spanOf({ events }: StrategyTest): number {
  const length = (value: unknown): number => (typeof value === 'string' ? (parseDuration(value) ?? 0) : 0)
  const times = events.map(({ at }) => length(at))
  const ends = events.map(({ at, repeat }) => length(at) + length((repeat as Repeat | undefined)?.for))
  return Math.max(0, ...ends) - Math.min(...times, Infinity)
}

interface Repeat {
  readonly for?: unknown
}

/** Steps in prose that end in looking on: nobody can say afterwards whether the strategy passed. */
function unmeasured(context: LintContext): LintFinding[] {
  if (context.strategy.blocks.some((block) => block.section === 'validation')) return []
  const steps = [
    ...context.prose.bullets(context.section('validation')),
    ...context.prose
      .bullets(context.section('technical-context'))
      .filter(({ under }) => /\b(?:emulat|test scenario|simulat)/i.test(under)),
  ]
  return steps
    .filter(({ text, label }) => !label && /\bobserv(?:e|ing)\b/i.test(text) && !/\balerts?\b/i.test(text))
    .map((step) =>
      context.finding(
        'ADS057',
        'warning',
        step.line,
        'the step looks on: it does not say which alert has to come, nor within what time',
        'Name the rule that has to fire, and the time for it.',
      ),
    )
}

function emulationFindings(context: LintContext, emulation: Emulation): LintFinding[] {
  const { id, runner, expect, spec, run, cleanup, line } = emulation
  const say = (finding: LintFinding['id'], message: string, mend: string) =>
    context.finding(finding, 'error', line, `${id}: ${message}`, mend)
  const findings: LintFinding[] = []
  if (expect?.rule === undefined || expect.within === undefined) {
    findings.push(
      say(
        'ADS057',
        'does not say which alert it has to raise, and within what time',
        'Add expect: { rule: NAME, within: 60s }.',
      ),
    )
  }
  const object = /--name[ =](\S+)/.exec(run)?.[1]
  if (runner === 'host' && cleanup === undefined) {
    findings.push(
      say(
        'ADS058',
        'leaves on the host what it makes: cleanup is missing',
        'Add cleanup with the commands that undo it.',
      ),
    )
  } else if (object !== undefined && cleanup !== undefined && !cleanup.includes(object)) {
    findings.push(
      say(
        'ADS058',
        `makes ${quoted(object)}, and its cleanup names another object`,
        'Clean up what it makes.',
      ),
    )
  }
  const image = spec['image']
  if (
    (runner === 'docker' || runner === 'podman' || runner === 'pod') &&
    spec['rootfs'] === undefined &&
    !isPinned(image)
  ) {
    findings.push(
      say(
        'ADS059',
        `its image ${typeof image === 'string' ? `${quoted(image)} ` : ''}is not pinned`,
        'Pin it: NAME@sha256:DIGEST, or give a rootfs.',
      ),
    )
  }
  const placeholder = /<[a-z][\w .-]{0,60}>/i.exec(`${run}\n${cleanup ?? ''}\n${JSON.stringify(spec)}`)?.[0]
  if (placeholder !== undefined)
    findings.push(say('ADS054', `${placeholder} is a placeholder`, 'Write what can be run.'))
  return findings
}

function isPinned(image: unknown): boolean {
  return typeof image === 'string' && /@sha256:[0-9a-f]{64}$/.test(image)
}
