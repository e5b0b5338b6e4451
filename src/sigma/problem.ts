import type { Problem } from '../domain/errors.ts'

/** A place in a file; both 1-based. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A mistake before the file it stands in is known. */
export interface Mistake {
  readonly at: Position
  readonly message: string
  /** What to write instead. */
  readonly mend: string
  /** Which document of its text, 1-based, where one is refused for it. */
  readonly document?: number
}

/** Gathers the mistakes and warnings of one document, so that all are told at once. */
export interface Report {
  readonly mistakes: Mistake[]
  readonly warnings: Mistake[]
}

export function newReport(): Report {
  return { mistakes: [], warnings: [] }
}

export function mistake(at: Position, message: string, mend: string): Mistake {
  return { at, message, mend }
}

export function problemIn(file: string, { at, ...told }: Mistake): Problem {
  return { file, line: at.line, column: at.column, ...told }
}

/** Hostile text, cut and quoted for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
