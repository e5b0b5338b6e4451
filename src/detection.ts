import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError, type Problem } from './domain/errors.ts'
import type { ReadText } from './domain/read-text.ts'
import { createJudge, listsOf, type Judge } from './engine/judge.ts'
import { compileRules, type Ruleset, type RuleText, type SharedRules } from './sigma/sigma.ts'
import { EMPTY_SITE, loadSite, type Site } from './site/site.ts'
import { loadStrategies } from './strategy/load.ts'
import type { LintFinding, Strategy } from './strategy/strategy.ts'

/** Everything that decides: the documents, the rules compiled from them and from plain Sigma folders, the site. */
export interface Detection {
  readonly strategies: readonly Strategy[]
  readonly ruleset: Ruleset
  readonly judge: Judge
  readonly site: Site
  /** Rules that were refused, and site entries that do not apply. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly findings: readonly LintFinding[]
}

export interface DetectionOptions {
  /** Folder of strategy documents; undefined for none. */
  readonly strategies: string | undefined
  /** Folders or files of plain Sigma rules. */
  readonly rules: readonly string[]
  /** The site's folder; undefined for none. */
  readonly site: string | undefined
  readonly zone: string
  readonly now: () => number
  /** The text of a file; from the disk unless told. Throws where it cannot be read. */
  readonly read?: ReadText
  /** Told the rules once they are read, for threads to compile them as well. */
  readonly sharing?: (rules: SharedRules) => void
}

const fromDisk: ReadText = (file) => readFile(file, 'utf8')

/** Loads and compiles once. Throws a UserError where a named folder is not there or cannot be read. */
export async function loadDetection(options: DetectionOptions): Promise<Detection> {
  const read = options.read ?? fromDisk
  const { strategies, findings } =
    options.strategies === undefined
      ? { strategies: [], findings: [] }
      : await loadStrategies(options.strategies, read)
  const texts = [
    ...strategies.flatMap((strategy) => strategy.rules),
    ...(await readRules(options.rules, read)),
  ]
  const site = options.site === undefined ? EMPTY_SITE : await loadSite(options.site, read)
  const lists = listsOf(site, options.zone, options.now())
  const { ruleset, refused, warnings } = compileRules(texts, { lists, sharing: options.sharing })
  const { judge, problems } = createJudge({
    strategies,
    rules: ruleset.rules,
    site,
    lists,
    zone: options.zone,
    now: options.now,
  })
  return {
    strategies,
    ruleset,
    judge,
    site,
    findings,
    warnings,
    problems: bounded([...refused, ...site.problems, ...problems]),
  }
}

/** The same rules judged by another site. It must have no lists: those are compiled into the rules. */
export async function judgedBy(
  detection: Detection,
  { site: folder, zone, now }: { readonly site: string; readonly zone: string; readonly now: () => number },
): Promise<Detection> {
  const { strategies, ruleset } = detection
  const site = await loadSite(folder)
  const lists = listsOf(site, zone, now())
  const { judge, problems } = createJudge({ strategies, rules: ruleset.rules, site, lists, zone, now })
  return { ...detection, site, judge, problems: bounded([...site.problems, ...problems]) }
}

/** Problems that are told of one file, and the length of each: a binary file has thousands. */
const PROBLEMS_A_FILE = 5
const MESSAGE_LENGTH = 300

function bounded(problems: readonly Problem[]): readonly Problem[] {
  const told = new Map<string, number>()
  return problems.flatMap((problem) => {
    const before = told.get(problem.file) ?? 0
    told.set(problem.file, before + 1)
    if (before > PROBLEMS_A_FILE) return []
    const message = before === PROBLEMS_A_FILE ? 'and more' : problem.message.slice(0, MESSAGE_LENGTH)
    return [{ ...problem, message }]
  })
}

/** Sigma files below the folders, in the order of their paths. Throws a UserError where one cannot be read. */
export async function readRules(
  paths: readonly string[],
  read: ReadText = fromDisk,
): Promise<readonly RuleText[]> {
  const files = (await Promise.all(paths.map(ruleFiles))).flat()
  return Promise.all(
    files.map(async (file) => ({
      file,
      text: await read(file).catch(refuse(file)),
      line: 1,
      strategy: 'sigma',
    })),
  )
}

async function ruleFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    throw new UserError(`no rules at ${path}`, { file: path, mend: 'name a folder of Sigma YAML files' })
  if (found.isFile()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(refuse(path))
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function refuse(path: string): (cause: Error) => never {
  return (cause) => {
    throw new UserError(`cannot read the rules: ${cause.message}`, {
      file: path,
      mend: 'make them readable, or leave the folder out',
      cause,
    })
  }
}
