import { readFile } from 'node:fs/promises'
import { UserError } from '../domain/errors.ts'
import { parseJson } from '../sources/json.ts'

/** The text of a file that somebody named. Throws a UserError where it cannot be read. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UserError(`cannot read ${file}: ${(cause as Error).message}`, {
      file,
      mend: 'name a file',
      cause,
    })
  }
}

/** The one JSON value of a file's text. Throws a UserError where it is none. */
export function parsedJson(text: string, file: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new UserError(`not JSON: ${(cause as Error).message}`, {
      file,
      mend: 'write one JSON value',
      cause,
    })
  }
}
