import type { Condition } from './condition.ts'

/** One way to make an expression true: names that must be there, and names that must not. */
export interface Conjunction {
  readonly names: ReadonlySet<string>
  readonly without: ReadonlySet<string>
}

/** An expression with more ways than this is refused where their order matters. */
export const MAX_ALTERNATIVES = 64

/** All ways to make an expression true (its disjunctive normal form); undefined where there are too many. */
export function alternativesOf(expression: Condition): readonly Conjunction[] | undefined {
  try {
    return ways(expression, true)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function ways(expression: Condition, wanted: boolean): readonly Conjunction[] {
  switch (expression.kind) {
    case 'identifier': {
      const [name, nothing] = [new Set([expression.name]), new Set<string>()]
      return [wanted ? { names: name, without: nothing } : { names: nothing, without: name }]
    }
    case 'not':
      return ways(expression.item, !wanted)
    default: {
      const parts = expression.items.map((item) => ways(item, wanted))
      const joined = (expression.kind === 'or') === wanted ? parts.flat() : parts.reduce(product)
      if (joined.length > MAX_ALTERNATIVES * 16) throw new RangeError('too many alternatives')
      return needed(joined)
    }
  }
}

function product(left: readonly Conjunction[], right: readonly Conjunction[]): readonly Conjunction[] {
  if (left.length * right.length > MAX_ALTERNATIVES * 16) throw new RangeError('too many alternatives')
  const joined = left.flatMap((a) =>
    right.map((b) => ({ names: a.names.union(b.names), without: a.without.union(b.without) })),
  )
  return needed(joined)
}

/** Without those that contradict themselves, and those that ask for all that another one asks for and more. */
function needed(conjunctions: readonly Conjunction[]): readonly Conjunction[] {
  const possible = conjunctions.filter(({ names, without }) => names.isDisjointFrom(without))
  const left = possible.filter(
    (each, index) =>
      !possible.some((other, at) => {
        const covers = other.names.isSubsetOf(each.names) && other.without.isSubsetOf(each.without)
        const isSame = covers && each.names.isSubsetOf(other.names) && each.without.isSubsetOf(other.without)
        return covers && (isSame ? at < index : at !== index)
      }),
  )
  if (left.length > MAX_ALTERNATIVES) throw new RangeError('too many alternatives')
  return left
}
