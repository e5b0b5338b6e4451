import { nearestWord } from '../domain/nearest-word.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import { entryOf } from './yaml.ts'
import type { Tree } from './yaml.ts'

type Mapping = Extract<Tree, { kind: 'mapping' }>

/** Reads options of a mapping. What is wrong is reported and read as if it were not there. */
export interface OptionReader {
  readonly at: (key: string) => Position
  /** Texts: one, or a list of them; each once. */
  names(key: string): readonly string[]
  number(key: string, bounds: { readonly least: number; readonly most: number }): number | undefined
  /** Of time, ms. */
  length(key: string): number | undefined
  flag(key: string): boolean | undefined
  choice<T extends string>(key: string, choices: readonly T[]): T | undefined
  tree(key: string): Tree | undefined
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** `what` is what the mapping is called: `a baseline`. */
export function optionReader(body: Mapping, what: string, report: Report): OptionReader {
  const wrong = (tree: Tree, key: string, must: string, mend: string): undefined => {
    report.mistakes.push(mistake(tree.at, `${key} of ${what} must be ${must}`, mend))
    return undefined
  }
  const written = (key: string): Tree | undefined => {
    const tree = entryOf(body, key)
    return tree?.kind === 'scalar' && tree.value === null ? undefined : tree
  }
  return {
    at: (key) => entryOf(body, key)?.at ?? body.at,
    tree: written,
    names(key) {
      const tree = written(key)
      if (tree === undefined) return []
      const items = tree.kind === 'list' ? tree.items : [tree]
      const names = items.flatMap((item) =>
        item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '' ? [item.value] : [],
      )
      if (names.length !== items.length || names.length === 0)
        wrong(tree, key, 'a name or a list of names', 'write each on a line of its own')
      return [...new Set(names)]
    },
    number(key, { least, most }) {
      const tree = written(key)
      if (tree === undefined) return undefined
      const value = tree.kind === 'scalar' ? tree.value : undefined
      if (typeof value === 'number' && value >= least && value <= most) return value
      const range = most === Infinity ? `of at least ${least}` : `between ${least} and ${most}`
      return wrong(tree, key, `a number ${range}`, 'write it unquoted')
    },
    length(key) {
      const tree = written(key)
      if (tree === undefined) return undefined
      const found =
        tree.kind === 'scalar' && typeof tree.value === 'string'
          ? /^(\d{1,6})([smhdw])$/.exec(tree.value)
          : null
      const length = Number(found?.[1] ?? 0) * (UNITS[found?.[2] ?? ''] ?? 0)
      if (length > 0) return length
      return wrong(tree, key, 'a length of time', 'write a number and a unit, such as 90s, 5m, 24h or 7d')
    },
    flag(key) {
      const tree = written(key)
      if (tree === undefined) return undefined
      if (tree.kind === 'scalar' && typeof tree.value === 'boolean') return tree.value
      return wrong(tree, key, 'true or false', 'write it unquoted')
    },
    choice(key, choices) {
      const tree = written(key)
      if (tree === undefined) return undefined
      const value = tree.kind === 'scalar' ? String(tree.value) : ''
      const found = choices.find((choice) => choice === value)
      if (found !== undefined) return found
      const meant = nearestWord(value, choices)
      const mend = meant === undefined ? `write one of ${choices.join(', ')}` : `did you mean ${meant}?`
      return wrong(tree, key, `one of ${choices.join(', ')}, not ${quote(value)}`, mend)
    },
  }
}
