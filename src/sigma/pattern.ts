import type { Network } from './address.ts'
import type { Numeric } from './number.ts'
import type { RegexFlags } from './regex-syntax.ts'
import type { Token } from './text-pattern.ts'
import type { TimePart } from './time-part.ts'

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte'

/** What one value of a detection item asks of a field, its modifiers applied. */
export type Pattern =
  | {
      readonly kind: 'text'
      readonly tokens: readonly Token[]
      readonly cased: boolean
      readonly bytes: boolean
    }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: RegexFlags }
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'number'; readonly value: Numeric; readonly source: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'exists'; readonly expected: boolean }
  | { readonly kind: 'comparison'; readonly operator: Comparison; readonly value: Numeric }
  | {
      readonly kind: 'time'
      readonly part: TimePart
      readonly value: Numeric
      /** Undefined: the part must be equal. */
      readonly operator: Comparison | undefined
    }
  | Reference
  /** A placeholder whose list the site has not set: whether it matches is unknown. */
  | { readonly kind: 'unset'; readonly list: string }

/** The value of another field of the same event. */
export interface Reference {
  readonly kind: 'reference'
  readonly field: string
  readonly starts: boolean
  readonly ends: boolean
  readonly cased: boolean
}

/** A field (undefined: keywords) and its values; each value is a set of alternatives. */
export interface Item {
  readonly kind: 'item'
  /** As the rule writes it, on one line. */
  readonly written: string
  /** Each of the values as the rule writes it. */
  readonly texts: readonly string[]
  readonly field: string | undefined
  readonly values: readonly (readonly Pattern[])[]
  /** Every value must match rather than any. */
  readonly all: boolean
  readonly negated: boolean
}

/** A search identifier's definition. */
export type Detection = Item | { readonly kind: 'all' | 'any'; readonly parts: readonly Detection[] }
