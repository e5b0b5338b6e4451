import { loadDetection, type Detection, type DetectionOptions } from '../detection.ts'
import { listExpired } from '../engine/judge.ts'

/** Lists are compiled into rules: one that expires must be compiled out, so they are looked at so often, ms. */
const LOOK_EVERY = 60_000

/** What decides now; swapped as a whole, so that a batch never sees half of a reload. */
export interface CurrentDetection {
  readonly current: () => Detection
  /** Where something is wrong what was loaded before stays, and it is told. */
  readonly reload: () => Promise<void>
  readonly stop: () => void
}

/** Loads, and loads again on SIGHUP and when a list expires. Tells what was loaded and refused. */
export async function currentDetection(
  options: DetectionOptions,
  say: (line: string) => void,
): Promise<CurrentDetection> {
  let detection = await loadDetection(options)
  let loaded = options.now()
  tell(detection, undefined, say)
  const reload = async (): Promise<void> => {
    const before = detection
    try {
      detection = await loadDetection(options)
      loaded = options.now()
      tell(detection, before, say)
    } catch (cause) {
      say(`reload failed, what was loaded before stays: ${String(cause)}`)
    }
  }
  const reloadAndTell = (): void => void reload()
  process.on('SIGHUP', reloadAndTell)
  const timer = setInterval(() => {
    if (listExpired(detection.site, options.zone, loaded, options.now())) reloadAndTell()
  }, LOOK_EVERY)
  return {
    current: () => detection,
    reload,
    stop() {
      clearInterval(timer)
      process.off('SIGHUP', reloadAndTell)
    },
  }
}

function tell(
  { ruleset, strategies, problems }: Detection,
  before: Detection | undefined,
  say: (line: string) => void,
): void {
  for (const { file, line, message } of problems) say(`refused: ${file}:${line}: ${message}`)
  say(`${ruleset.rules.length} rules of ${strategies.length} strategies loaded`)
  const unset = unsetLists(ruleset.rules)
  if (unset !== '' && unset !== unsetLists(before?.ruleset.rules ?? [])) {
    say(`lists not set, so that some alternatives are off: ${unset} (see 'tallyman doctor')`)
  }
}

function unsetLists(rules: Detection['ruleset']['rules']): string {
  return [...new Set(rules.flatMap((rule) => (rule.weakened ? rule.unsetLists : [])))].join(', ')
}
