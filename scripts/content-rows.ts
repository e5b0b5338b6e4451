import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/**
 * Kinds of analytic: SIG a rule about one event, POS one about a specification, COR a correlation, NEW a value that was
 * never seen, NUM a number against its own past, COV what should have arrived, SUP a known false positive, RSP a step
 * of the response, DOC a check of the document.
 */
export const KINDS = ['SIG', 'POS', 'COR', 'NEW', 'NUM', 'COV', 'SUP', 'RSP', 'DOC'] as const
export type Kind = (typeof KINDS)[number]

/** One phrase of one of the five reports, and what was made of it beside rules, which name the row themselves. */
export interface ContentRow {
  /** W, D, A, C, S: T1600, T1491.001, T1560.003, T1608.003, T1074.002. */
  readonly row: string
  /** In the report's words. */
  readonly phrase: string
  readonly kinds: readonly Kind[]
  /** What covers it that is no rule: `document#id` of a block's entry, `list:name`, or a file of the project. */
  readonly by?: Partial<Record<Kind, readonly string[]>>
  /** What of it is not done, and why. */
  readonly open?: Partial<Record<Kind, string>>
}

export const ROWS = parse(
  readFileSync(join(import.meta.dirname, 'content-rows.yaml'), 'utf8'),
) as readonly ContentRow[]
