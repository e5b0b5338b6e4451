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
          serves.map((logsource) => Object.values(logsource).join('/')).join(', '),
        ]),
      ),
    )
  }
  return EXIT.ok
}
