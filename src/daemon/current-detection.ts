import type { Detection, DetectionOptions } from '../detection.ts'
import type { Problem } from '../domain/errors.ts'
import { listExpired } from '../engine/judge.ts'
import { createLoader } from './load-again.ts'
import { differences, fingerprint, watchFolders, type Fingerprint } from './watch-folders.ts'

/** Lists are compiled into rules: one that expires must be compiled out, so they are looked at so often, ms. */
const LOOK_EVERY = 60_000

/** Files that are told by name of one change. */
const NAMED = 3

/** What a reload came to. */
export interface Reloaded {
  readonly rules: number
  readonly strategies: number
  readonly lists: readonly string[]
  /** What was refused; of these files what was in force stays. */
  readonly problems: readonly Problem[]
  /** Why nothing could be loaded; all that was in force stays. */
  readonly failed?: string
}

/** What decides now; swapped as a whole, so that a batch never sees half of a reload. */
export interface CurrentDetection {
  readonly current: () => Detection
  /** Where something is wrong what was loaded before stays, and it is told. */
  readonly reload: () => Promise<Reloaded>
  readonly stop: () => void
}

/**
 * Loads, and loads again when a file of the site, the strategies or the rules changes, on SIGHUP, and when a list
 * expires. Tells what was loaded and refused.
 */
export async function currentDetection(
  options: DetectionOptions,
  say: (line: string) => void,
): Promise<CurrentDetection> {
  const { strategies, rules, site } = options
  const folders = [strategies, site].filter((path) => path !== undefined).concat(rules)
  const load = createLoader(options)
  let seen: Fingerprint = await fingerprint(folders)
  let detection = await load()
  let loaded = options.now()
  tell(detection, undefined, '', say)

  const loadAgain = async (why: string): Promise<Reloaded> => {
    const before = detection
    try {
      // before it is read: what changes meanwhile is a change
      seen = await fingerprint(folders)
      detection = await load()
      loaded = options.now()
      tell(detection, before, why, say)
      return reloadedOf(detection)
    } catch (cause) {
      const failed = cause instanceof Error ? cause.message : String(cause)
      say(`reload failed, what was loaded before stays: ${failed}`)
      return { ...reloadedOf(detection), failed }
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  /** One after the other: an older state of the files never takes the place of a newer one. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const result = last.then(change)
    last = result.catch(() => {})
    return result
  }
  const reload = (): Promise<Reloaded> => inTurn(() => loadAgain('read again'))
  const lookForChanges = (): Promise<void> =>
    inTurn(async () => {
      const { changed, deleted } = differences(seen, await fingerprint(folders))
      const told = [named(changed, 'changed'), named(deleted, 'deleted')].filter((words) => words !== '')
      if (told.length > 0) await loadAgain(`${told.join(', ')}, read again`)
    })

  const reloadAndTell = (): void => void reload()
  process.on('SIGHUP', reloadAndTell)
  const watching = watchFolders(folders, lookForChanges)
  const timer = setInterval(() => {
    if (listExpired(detection.site, options.zone, loaded, options.now())) reloadAndTell()
  }, LOOK_EVERY)
  return {
    current: () => detection,
    reload,
    stop() {
      clearInterval(timer)
      watching.stop()
      process.off('SIGHUP', reloadAndTell)
    },
  }
}

function reloadedOf({ ruleset, strategies, site, problems }: Detection): Reloaded {
  return {
    rules: ruleset.rules.length,
    strategies: strategies.length,
    lists: [...site.lists.keys()],
    problems,
  }
}

function named(files: readonly string[], how: string): string {
  const more = files.length - NAMED
  const names = files.slice(0, NAMED).join(', ')
  return files.length === 0 ? '' : `${names}${more > 0 ? ` and ${more} more` : ''} ${how}`
}

function tell(
  { ruleset, strategies, problems, site }: Detection,
  before: Detection | undefined,
  why: string,
  say: (line: string) => void,
): void {
  for (const { file, line, column, message, mend } of problems)
    say(`refused: ${file}:${line}:${column}: ${message}${mend === undefined ? '' : `; mend: ${mend}`}`)
  const lists = [...site.lists.keys()]
  const set = lists.length === 0 ? '' : `; lists set: ${lists.join(', ')}`
  say(
    `${why === '' ? '' : `${why}: `}${ruleset.rules.length} rules of ${strategies.length} strategies loaded${set}`,
  )
  const unset = unsetLists(ruleset.rules)
  if (unset !== '' && unset !== unsetLists(before?.ruleset.rules ?? [])) {
    say(`lists not set, so that some alternatives are off: ${unset} (see 'tallyman doctor')`)
  }
}

function unsetLists(rules: Detection['ruleset']['rules']): string {
  return [...new Set(rules.flatMap((rule) => (rule.weakened ? rule.unsetLists : [])))].join(', ')
}
