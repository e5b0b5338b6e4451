import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../domain/errors.ts'
import type { ReadText } from '../domain/read-text.ts'
import { parseStrategy } from './parse.ts'
import type { LintFinding, Strategy } from './strategy.ts'

/**
 * Reads the strategy documents of a folder: its `*.md` files, not those below it, in the order of their names.
 * Throws a UserError where the folder or a file in it cannot be read; what is wrong within is a finding.
 */
export async function loadStrategies(
  folder: string,
  read: ReadText = (file) => readFile(file, 'utf8'),
): Promise<{ readonly strategies: readonly Strategy[]; readonly findings: readonly LintFinding[] }> {
  const files = await strategyFiles(folder)
  const parsed = await Promise.all(files.map(async (file) => parseStrategy(file, await readText(file, read))))
  return {
    strategies: parsed.map(({ strategy }) => strategy),
    findings: parsed.flatMap(({ findings }) => findings),
  }
}

async function strategyFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const names = entries
      .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.md'))
      .map((entry) => entry.name)
    return names
      .filter((name) => name !== 'README.md')
      .sort()
      .map((name) => join(folder, name))
  } catch (cause) {
    throw new UserError(`no strategies at ${folder}: ${(cause as Error).message}`, {
      file: folder,
      mend: 'name a folder of strategy documents',
      cause,
    })
  }
}

async function readText(file: string, read: ReadText): Promise<string> {
  try {
    return await read(file)
  } catch (cause) {
    throw new UserError(`cannot read ${file}: ${(cause as Error).message}`, {
      file,
      mend: 'make the file readable',
      cause,
    })
  }
}
