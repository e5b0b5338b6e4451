import { loadMapping } from '../config/load-mapping.ts'
import type { MappingFile } from '../mapping/mapping.ts'
import { mappedSource } from '../sources/mapped-source.ts'
import { createStreamDecoder } from '../sources/stream.ts'
import { EXIT, type Exit } from './exit.ts'
import { textOf } from './json-file.ts'
import { count, printJson, safe, type Output } from './output.ts'
import { printProblem } from './print-problem.ts'

/** Every mistake of a mapping with its place and its mend; where there is none, what it makes of a file's records. */
export async function checkMapping(
  file: string,
  records: string | undefined,
  json: boolean,
  output: Output,
): Promise<Exit> {
  const { mapping, problems } = loadMapping(file)
  for (const problem of problems) printProblem(problem, json, output)
  if (mapping === undefined) return EXIT.user
  if (records !== undefined) return tryOut(mapping, await textOf(records), output)
  output.err(`${safe(file)} is valid\n`)
  return EXIT.ok
}

function tryOut(mapping: MappingFile, text: string, output: Output): Exit {
  const { items, failures, records } = createStreamDecoder(
    [mappedSource('custom', mapping)],
    'records',
    undefined,
    Date.now,
  ).push({ stream: 'records', offset: 0, bytes: Buffer.from(text), end: true })
  for (const { position, decoded } of items)
    for (const { time, logsource, resource, record } of decoded.events)
      printJson(output, { position, time: new Date(time).toISOString(), logsource, resource, record })
  for (const { position, reason } of failures) output.err(`${safe(`at ${position}: ${reason}`)}\n`)
  output.err(`${count(records, 'record')}: ${items.length} read, ${failures.length} refused\n`)
  return failures.length > 0 ? EXIT.findings : EXIT.ok
}
