/** What a limit is about, the most hurting first. */
export const LIMIT_KINDS = [
  'blind',
  'missed',
  'undelivered',
  'full',
  'refused',
  'expired',
  'unset',
  'held',
] as const
export type LimitKind = (typeof LIMIT_KINDS)[number]

/** One thing that limits what can be concluded. */
export interface Limit {
  readonly kind: LimitKind
  readonly severity: 'error' | 'warning' | 'note'
  /** A file and line, a list, an input. */
  readonly about: string
  /** A few words, where many are told one below the other. */
  readonly short: string
  readonly message: string
  readonly mend: string
  /** Titles of the rules that it concerns. */
  readonly rules?: readonly string[]
}
