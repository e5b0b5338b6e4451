import type { Problem } from '../domain/errors.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import type { Prose } from './prose.ts'
import type { LintFinding, Section, SectionName, Strategy } from './strategy.ts'

/** What every group of checks reads. */
export interface LintContext {
  readonly strategy: Strategy
  readonly prose: Prose
  readonly executable: boolean
  /** Severity of what is wrong and not merely left out: an error where the document executes. */
  readonly wrong: 'error' | 'warning'
  /** ms since the epoch. */
  readonly now: number
  /** IANA zone in which days end. */
  readonly zone: string
  readonly others: readonly Strategy[]
  readonly exists: (path: string) => boolean
  readonly rules: readonly LoadedRule[]
  readonly refused: readonly Problem[]
  section(name: SectionName): Section | undefined
  /** `at`: a line, or a line with its column. */
  finding(
    id: LintFinding['id'],
    severity: LintFinding['severity'],
    at: number | { readonly line: number; readonly column: number },
    message: string,
    mend: string,
  ): LintFinding
}

/** A group of checks over one document. */
export type Check = (context: LintContext) => readonly LintFinding[]

/** First 80 characters of hostile text, on one line. */
export function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a terminal must not obey a document
  const clean = text.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, ' ').trim()
  return `“${clean.length > 80 ? `${clean.slice(0, 79)}…` : clean}”`
}
