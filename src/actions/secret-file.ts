import { readFileSync } from 'node:fs'
import type { ActionResult } from './action.ts'

const LONGEST = 16_384

/** The lines of a file that holds a secret, read at each use so that it can be changed under a running daemon. */
export function secretLines(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  if (text.length > LONGEST) throw new Error('it is too long for a secret')
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0) throw new Error('it is empty')
  return lines
}

/** What stands in the way of reading these; the content is never told. */
export function unreadable(files: readonly (string | undefined)[]): ActionResult | undefined {
  for (const file of files) {
    if (file === undefined) continue
    try {
      secretLines(file)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      return { kind: 'failed', answered: false, reason: `cannot read ${file}: ${code ?? message}` }
    }
  }
  return undefined
}
