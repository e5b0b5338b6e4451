import type { Problem } from '../domain/errors.ts'
import { printJson, safe, type Output } from './output.ts'

/** A mistake with its place and its mend; `warning` where it may be one. */
export function printProblem(
  problem: Problem,
  json: boolean,
  output: Output,
  severity: 'error' | 'warning' = 'error',
): void {
  if (json || !output.terminal) {
    printJson(output, { severity, ...problem })
    return
  }
  const { file, line, column, message, mend = '' } = problem
  output.out(
    `${safe(file)}:${line}:${column}: ${severity === 'error' ? '' : 'warning: '}${safe(message)}\n  mend: ${safe(mend)}\n`,
  )
}
