/** Trouble that the user can mend: printed without a stack, exit code 2. */
export class UserError extends Error {
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  readonly mend: string | undefined

  constructor(
    message: string,
    at: { file?: string; line?: number; column?: number; mend?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: at.cause })
    this.name = 'UserError'
    this.file = at.file
    this.line = at.line
    this.column = at.column
    this.mend = at.mend
  }
}

/** A mistake in a document, a rule or a configuration: a value, not an exception, so that all can be told at once. */
export interface Problem {
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly column: number
  readonly message: string
  readonly mend?: string
  /** Which document of a file that has several, 1-based. */
  readonly document?: number
}
