import { existsSync } from 'node:fs'
import { stringify } from 'yaml'
import { editorSchema } from '../config/config.ts'
import { DEFAULT_CONFIG, loadConfig, parseConfig, readConfigText } from '../config/load-config.ts'
import { EXIT, type Exit } from './exit.ts'
import { printJson, safe, type Output } from './output.ts'
import { printProblem } from './print-problem.ts'

/** Every mistake of the file, each with its place and its mend, and what may be one. Only mistakes make it invalid. */
export function checkConfig(named: string | undefined, json: boolean, output: Output): Exit {
  if (named === undefined && !existsSync(DEFAULT_CONFIG)) {
    output.err(
      `there is no ${DEFAULT_CONFIG} here, and none is needed: 'tallyman run' reads what 'tallyman discover' finds\n` +
        `  to have one to change: tallyman discover --yaml > ${DEFAULT_CONFIG}\n`,
    )
    return EXIT.ok
  }
  const file = named ?? DEFAULT_CONFIG
  const { config, problems, warnings } = parseConfig(file, readConfigText(file))
  for (const problem of problems) printProblem(problem, json, output)
  for (const problem of warnings()) printProblem(problem, json, output, 'warning')
  if (config === undefined) return EXIT.user
  output.err(`${safe(file)} is valid\n`)
  return EXIT.ok
}

/** What an editor completes and checks `tallyman.yaml` with. */
export function printSchema(output: Output): Exit {
  output.out(`${JSON.stringify(editorSchema(), undefined, 2)}\n`)
  return EXIT.ok
}

/** The configuration as it is in force, defaults included. */
export function showConfig(file: string | undefined, json: boolean, output: Output): Exit {
  const config = loadConfig(file)
  if (json) printJson(output, config)
  else output.out(stringify(config))
  return EXIT.ok
}
