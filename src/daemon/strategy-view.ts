import type { Detection } from '../detection.ts'
import { baselineWords, correlationWords } from '../sigma/sigma.ts'
import { isExecutable, type Strategy } from '../strategy/strategy.ts'

/** A strategy as lists show it. */
export function strategyHead(
  strategy: Strategy,
  { ruleset, findings }: Pick<Detection, 'ruleset' | 'findings'>,
) {
  const { id, title, version, status, owner, review, scope, attack, tests, filters, playbook } = strategy
  const lint = findings.filter(({ file }) => file === strategy.file)
  return {
    id,
    title,
    ...(version === undefined ? {} : { version }),
    ...(status === undefined ? {} : { status }),
    ...(owner === undefined ? {} : { owner }),
    review,
    scope,
    attack: [
      ...new Set(
        [attack.primary, ...attack.observedAs].flatMap((each) =>
          each === undefined ? [] : [each.technique],
        ),
      ),
    ],
    executable: isExecutable(strategy),
    rules: ruleset.rules.filter((rule) => rule.strategy === id).length,
    tests: tests.length,
    filters: filters.length,
    steps: playbook.length,
    lint: {
      errors: lint.filter(({ severity }) => severity === 'error').length,
      warnings: lint.filter(({ severity }) => severity === 'warning').length,
    },
  }
}

/** A strategy in full: its document, what was compiled from it, what was refused, and its response. */
export function strategyView(
  strategy: Strategy,
  detection: Pick<Detection, 'ruleset' | 'findings' | 'problems'>,
) {
  return {
    ...strategyHead(strategy, detection),
    file: strategy.file,
    text: strategy.text,
    sections: strategy.sections.map(({ name, heading, line, text }) => ({
      ...(name === undefined ? {} : { name }),
      heading,
      line,
      text,
    })),
    rules: detection.ruleset.rules
      .filter((rule) => rule.strategy === strategy.id)
      .map(
        ({
          id,
          name,
          title,
          file,
          line,
          level,
          tags,
          logsource,
          fields,
          shows,
          lists,
          unsetLists,
          weakened,
          correlation,
          baseline,
          signalOf,
        }) => ({
          id,
          ...(name === undefined ? {} : { name }),
          title,
          file,
          line,
          level,
          tags,
          logsource,
          fields,
          shows,
          lists,
          unsetLists,
          weakened,
          ...(correlation === undefined
            ? {}
            : {
                correlation: correlationWords(correlation),
                timespan: correlation.timespan,
                observes: correlation.inputs.map((input) => ({ id: input.rule, title: input.title })),
              }),
          ...(baseline === undefined ? {} : { baseline: baselineWords(baseline) }),
          ...(signalOf === undefined ? {} : { signalOf }),
        }),
      ),
    refused: detection.problems.filter(({ file }) => file === strategy.file),
    lint: detection.findings.filter(({ file }) => file === strategy.file),
    filters: strategy.filters.map(({ id, owner, reason, expires, rules, line }) => ({
      id,
      owner,
      reason,
      expires,
      rules,
      line,
    })),
    response: responseView(strategy),
  }
}

/** What to do about an alert, as its strategy's Response says. */
export function responseView({ id, title, playbook, sections }: Strategy) {
  return {
    strategy: { id, title },
    text: sections.find(({ name }) => name === 'response')?.text ?? '',
    steps: playbook.map((step) => ({
      id: step.id,
      stage: step.stage,
      do: step.do,
      ...(step.text === undefined ? {} : { text: step.text }),
      ...(step.target === undefined ? {} : { target: step.target }),
      ...(step.approval === undefined ? {} : { approval: step.approval }),
    })),
  }
}
