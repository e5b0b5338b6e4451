import { mistake, quote } from './problem.ts'
import type { Report } from './problem.ts'
import { entryOf } from './yaml.ts'
import type { Entry, Tree } from './yaml.ts'

/** Templates over the documents of one text: `action: global`, `reset` and `repeat` of Sigma's first version. */
export interface Collection {
  /**
   * The document as it stands once the templates before it have been applied; undefined for one that is a template
   * or an instruction itself, and for one with an unknown action.
   */
  next(tree: Tree, report: Report): Tree | undefined
}

/**
 * A template is merged into each rule that follows and wins where both have a value; mappings are merged member by
 * member, lists replaced. Correlations, baselines and filters take no part.
 */
export function newCollection(): Collection {
  let template: Tree | undefined
  let previous: Tree | undefined
  return {
    next(tree, report) {
      if (tree.kind !== 'mapping' || OTHERS.some((key) => entryOf(tree, key))) return tree
      const action = entryOf(tree, 'action')
      if (!action) {
        previous = template ? merged(tree, template) : tree
        return previous
      }
      const name = action.kind === 'scalar' ? action.value : undefined
      const rest: Tree = { ...tree, entries: tree.entries.filter(({ key }) => key !== 'action') }
      switch (name) {
        case 'global':
          template = rest
          previous = rest
          return undefined
        case 'reset':
          template = undefined
          return undefined
        case 'repeat':
          if (previous) {
            previous = { ...merged(previous, rest), at: tree.at }
            return previous
          }
          report.mistakes.push(
            mistake(action.at, 'there is no rule before it to repeat', 'write the rule out'),
          )
          return undefined
        default:
          report.mistakes.push(
            mistake(
              action.at,
              `unknown action ${typeof name === 'string' ? quote(name) : 'of another type'}`,
              'write global, reset or repeat, or remove it',
            ),
          )
          return undefined
      }
    },
  }
}

const OTHERS = ['correlation', 'baseline', 'filter']

function merged(under: Tree, over: Tree): Tree {
  if (under.kind !== 'mapping' || over.kind !== 'mapping') return over
  const entries = under.entries.map((entry): Entry => {
    const other = over.entries.find(({ key }) => key === entry.key)
    return other ? { ...other, value: merged(entry.value, other.value) } : entry
  })
  const added = over.entries.filter(({ key }) => !under.entries.some((entry) => entry.key === key))
  return { ...under, entries: [...entries, ...added] }
}
