import type { Lists } from './types.ts'
import { parseText } from './text-pattern.ts'
import type { Token } from './text-pattern.ts'

const PLACEHOLDER = /(?<!\\)%([^%]+)%/g
const MAX_COMBINATIONS = 100_000

/** Whether an unset list refuses the rule, as Sigma wants it, or leaves the outcome unknown, as a site's strategies do. */
export type UnsetLists = 'refused' | 'unknown'

/** The site's lists, and which of them a rule turned out to use. */
export interface ListUse {
  readonly lists: Lists
  readonly whenUnset: UnsetLists
  readonly used: Set<string>
  readonly unset: Set<string>
}

export type Expansion<T> =
  | { readonly kind: 'values'; readonly values: readonly T[] }
  | { readonly kind: 'unset'; readonly list: string }
  | { readonly kind: 'too-many' }

/** Tokens with every placeholder replaced by each value of its list; several placeholders multiply out. */
export function expandTokens(tokens: readonly Token[], use: ListUse): Expansion<readonly Token[]> {
  const parts = tokens.flatMap((token): readonly Part<readonly Token[]>[] =>
    token.kind === 'text'
      ? split(token.text, (text) => [{ kind: 'text', text: text.replaceAll('\\%', '%') }])
      : [{ kind: 'fixed', value: [token] }],
  )
  return multiply(parts, use, parseText, (chosen) => joined(chosen.flat()))
}

/** The same for a regular expression: a list's values stand for their text, their wildcards for any text. */
export function expandRegex(source: string, use: ListUse): Expansion<string> {
  const parts = split(source, (text) => text.replaceAll('\\%', '%'))
  return multiply(
    parts,
    use,
    (value) => parseText(value).map(regexOf).join(''),
    (chosen) => chosen.join(''),
  )
}

type Part<T> =
  | { readonly kind: 'fixed'; readonly value: T }
  | { readonly kind: 'list'; readonly name: string }

function split<T>(text: string, fixed: (text: string) => T): readonly Part<T>[] {
  const parts: Part<T>[] = []
  let from = 0
  for (const found of text.matchAll(PLACEHOLDER)) {
    if (found.index > from) parts.push({ kind: 'fixed', value: fixed(text.slice(from, found.index)) })
    parts.push({ kind: 'list', name: found[1] ?? '' })
    from = found.index + found[0].length
  }
  if (from < text.length) parts.push({ kind: 'fixed', value: fixed(text.slice(from)) })
  return parts
}

function multiply<T, R>(
  parts: readonly Part<T>[],
  use: ListUse,
  parse: (value: string) => T,
  join: (chosen: readonly T[]) => R,
): Expansion<R> {
  let combinations: (readonly T[])[] = [[]]
  let unset: string | undefined
  for (const part of parts) {
    if (part.kind === 'fixed') {
      combinations = combinations.map((chosen) => [...chosen, part.value])
      continue
    }
    use.used.add(part.name)
    const values = use.lists.get(part.name)
    if (!values) {
      use.unset.add(part.name)
      unset ??= part.name
      continue
    }
    if (combinations.length * values.length > MAX_COMBINATIONS) return { kind: 'too-many' }
    const parsed = values.map(parse)
    combinations = combinations.flatMap((chosen) => parsed.map((value) => [...chosen, value]))
  }
  if (unset !== undefined) return { kind: 'unset', list: unset }
  return { kind: 'values', values: combinations.map(join) }
}

/** Neighbouring texts made one, so that `%a%b` with the value `x` is the text `xb`. */
function joined(tokens: readonly Token[]): readonly Token[] {
  const result: Token[] = []
  for (const token of tokens) {
    const previous = result.at(-1)
    if (token.kind === 'text' && previous?.kind === 'text')
      result.splice(-1, 1, { kind: 'text', text: previous.text + token.text })
    else result.push(token)
  }
  return result
}

function regexOf(token: Token): string {
  if (token.kind === 'text') return token.text.replaceAll(/[^A-Za-z0-9_\s]/g, String.raw`\$&`)
  return token.kind === 'any-run' ? '.*' : '.'
}
