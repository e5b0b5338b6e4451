import { stringify } from 'yaml'
import { loadConfig, parseConfig, readConfigText } from '../config.ts'
import { EXIT, type Exit } from './exit.ts'
import { printJson, safe, type Output } from './output.ts'

/** Every mistake of the file, each with its place and its mend. */
export function checkConfig(file: string, json: boolean, output: Output): Exit {
  const { config, problems } = parseConfig(file, readConfigText(file))
  for (const problem of problems) {
    if (json || !output.terminal) printJson(output, problem)
    else
      output.out(
        `${safe(file)}:${problem.line}:${problem.column}: ${safe(problem.message)}\n  mend: ${safe(problem.mend ?? '')}\n`,
      )
  }
  if (config === undefined) return EXIT.user
  output.err(`${safe(file)} is valid\n`)
  return EXIT.ok
}

/** The configuration as it is in force, defaults included. */
export function showConfig(file: string | undefined, json: boolean, output: Output): Exit {
  const config = loadConfig(file)
  if (json) printJson(output, config)
  else output.out(stringify(config))
  return EXIT.ok
}
