import type { Event, EventLogsource, Mapping, Resource } from '../domain/event.ts'
import { compileRules } from './sigma.ts'
import type { Compiled } from './types.ts'

/** An event for tests of this folder. */
export function eventOf(
  record: unknown,
  logsource: EventLogsource = {},
  extra: { readonly mapping?: Mapping; readonly resource?: Resource } = {},
): Event {
  return { id: '1', time: 0, source: 'falco', logsource, resource: {}, mapping: {}, record, ...extra }
}

/** Compiles one plain rule, its detection given as YAML that is indented by two blanks. */
export function ruleOf(
  detection: string,
  lists: Readonly<Record<string, readonly string[]>> = {},
  strategy = 'sigma',
): Compiled {
  const text = `title: a rule\nlogsource:\n  category: test\ndetection:\n${detection}\n`
  return compileRules([{ file: 'rule.yml', text, line: 1, strategy }], {
    lists: new Map(Object.entries(lists)),
  })
}

/** Whether the rule holds on the record; throws where it is refused. */
export function holds(
  detection: string,
  record: unknown,
  lists: Readonly<Record<string, readonly string[]>> = {},
  strategy = 'sigma',
): boolean {
  const { ruleset, refused } = ruleOf(detection, lists, strategy)
  if (refused.length > 0) throw new Error(refused.map((problem) => problem.message).join('; '))
  return ruleset.match(eventOf(record, { category: 'test' })).length > 0
}
