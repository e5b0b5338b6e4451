import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** The lines of recordings of this project, files in the order of their names. */
export function recordedLines(pattern: string): readonly string[] {
  const files = globSync(pattern, { cwd: ROOT }).sort()
  const lines = files.flatMap((file) => readFileSync(resolve(ROOT, file), 'utf8').split('\n'))
  if (lines.length === 0) throw new Error(`nothing is recorded in ${pattern}`)
  return lines.filter((line) => line !== '')
}

/** The one line that has all of this in it. */
export function recordedLine(pattern: string, ...marks: readonly string[]): string {
  const line = recordedLines(pattern).find((each) => marks.every((mark) => each.includes(mark)))
  if (line === undefined) throw new Error(`no record with ${marks.join(', ')} in ${pattern}`)
  return line
}

/** What stands in the text behind a mark and before an end, such as `"run":"` and `"`. */
export function textBetween(text: string, mark: string, end: string): string {
  const from = text.indexOf(mark)
  const to = text.indexOf(end, from + mark.length)
  if (from === -1 || to === -1) throw new Error(`no ${mark} in ${text.slice(0, 200)}`)
  return text.slice(from + mark.length, to)
}
