import { sources } from '../sources/index.ts'
import { EXIT, type Exit } from './exit.ts'
import { printJson, table, type Output } from './output.ts'

/** What can be read, and for which of Sigma's log sources. */
export function listSources(json: boolean, output: Output): Exit {
  const rows = sources.map(({ name, title, serves }) => ({ name, title, serves }))
  if (json || !output.terminal) for (const row of rows) printJson(output, row)
  else {
    output.out(
      table(
        ['SOURCE', 'WHAT', 'SERVES'],
        rows.map(({ name, title, serves }) => [
          name,
          title,
          servedIn(serves.map(({ product, category, service }) => named(product, category, service))),
        ]),
      ),
    )
  }
  return EXIT.ok
}

function named(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('/')
}

/** So many names fit into a line; `--json` has all of them. */
const SHOWN = 8

function servedIn(names: readonly string[]): string {
  if (names.length <= SHOWN) return names.join(', ')
  return `${names.slice(0, SHOWN - 1).join(', ')} and ${names.length - SHOWN + 1} more`
}
