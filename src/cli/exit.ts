import { UserError } from '../domain/errors.ts'
import { safe, type Output } from './output.ts'

/** Exit codes: they are an interface, keep them. */
export const EXIT = { ok: 0, findings: 1, user: 2, bug: 70 } as const
export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** Says what went wrong and what mends it; returns the exit code. */
export function report(error: unknown, output: Output): Exit {
  if (error instanceof UserError) {
    const place = [error.file, error.line, error.column].filter((part) => part !== undefined).join(':')
    output.err(`tallyman: ${place === '' ? '' : `${safe(place)}: `}${safe(error.message)}\n`)
    if (error.mend !== undefined) output.err(`  mend: ${safe(error.mend)}\n`)
    return EXIT.user
  }
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return EXIT.ok
  output.err(
    `tallyman: this is a bug, please report it\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  return EXIT.bug
}
