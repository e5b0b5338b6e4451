import type { SourcedRule } from './sourced-rule.ts'
import type { LoadedRule, RuleText } from './types.ts'

/** What is loaded of a document that observes the matches of other rules: it has no log source and no lists. */
export function loadedReferrer(
  { attributes, at, id }: Pick<SourcedRule['rule'], 'attributes' | 'at' | 'id'>,
  text: RuleText,
  level: LoadedRule['level'],
): Omit<LoadedRule, 'fields' | 'weakened'> {
  return {
    id,
    name: attributes.name,
    title: attributes.title,
    strategy: text.strategy,
    file: text.file,
    line: at.line,
    level,
    tags: attributes.tags,
    logsource: {},
    shows: attributes.fields,
    lists: [],
    unsetLists: [],
    custom: attributes.custom,
  }
}
