import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UserError } from '../domain/errors.ts'
import { compileRules } from '../sigma/sigma.ts'
import { STRATEGY_LEVELS } from '../strategy/levels.ts'
import { lintStrategy } from '../strategy/lint.ts'
import { loadStrategies } from '../strategy/load.ts'
import { parseStrategy, type ParsedStrategy } from '../strategy/parse.ts'
import type { LintFinding } from '../strategy/strategy.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { count, printJson, safe, type Output } from './output.ts'

/** Checks documents; exits 1 where a finding is an error. */
export async function lint(
  files: readonly string[],
  options: { readonly json: boolean; readonly level?: string },
  output: Output,
): Promise<Exit> {
  const level = STRATEGY_LEVELS.find((each) => each === options.level)
  if (options.level !== undefined && level === undefined) {
    throw new UserError(`no level ${options.level}`, { mend: `one of ${STRATEGY_LEVELS.join(', ')}` })
  }
  const parsed = files.length === 0 ? await shipped() : await Promise.all(files.map(parseFile))
  const findings = parsed.flatMap((each) =>
    lintStrategy(each, {
      now: Date.now(),
      others: parsed.filter((other) => other !== each).map(({ strategy }) => strategy),
      compile: compileRules,
      exists: (path) => existsSync(resolve(dirname(each.strategy.file), path)),
      ...(level === undefined ? {} : { level }),
    }),
  )
  for (const finding of findings) print(finding, options.json, output)
  const errors = findings.filter(({ severity }) => severity === 'error').length
  output.err(
    `${count(parsed.length, 'document')}: ${count(errors, 'error')}, ${count(findings.length, 'finding')}\n`,
  )
  return errors > 0 ? EXIT.findings : EXIT.ok
}

async function shipped(): Promise<readonly ParsedStrategy[]> {
  const { strategies } = await loadStrategies(SHIPPED_STRATEGIES)
  return strategies.map(({ file, text }) => parseStrategy(file, text))
}

async function parseFile(file: string): Promise<ParsedStrategy> {
  if (/\.ya?ml$/i.test(file)) {
    throw new UserError('a strategy is a Markdown document, and this is YAML', {
      file,
      mend: 'check Sigma rules with tallyman sigma check, and a configuration with tallyman config check',
    })
  }
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UserError(`cannot read the document: ${cause.message}`, {
      file,
      cause,
      mend: 'name a Markdown file',
    })
  })
  return parseStrategy(file, text)
}

function print(finding: LintFinding, json: boolean, output: Output): void {
  if (json || !output.terminal) {
    printJson(output, finding)
    return
  }
  const { file, line, column, severity, id, message, mend } = finding
  output.out(`${safe(file)}:${line}:${column}: ${severity} ${id}: ${safe(message)}\n  mend: ${safe(mend)}\n`)
}
