import { existsSync } from 'node:fs'
import type { Config } from '../config.ts'
import { dataFiles, runningDaemon } from '../daemon/data-folder.ts'
import { loadDetection } from '../detection.ts'
import { limits } from '../limits.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { count, printJson, safe, type Output } from './output.ts'
import { readStore } from './read-store.ts'

/** What is not seen, not decided, or not in order. Exits 1 where something is an error. */
export async function doctor(config: Config, json: boolean, output: Output): Promise<Exit> {
  const files = dataFiles(config.data)
  const site = config.site ?? files.site
  const now = Date.now
  const strategies = config.strategies ?? SHIPPED_STRATEGIES
  const detection = await loadDetection({ strategies, rules: config.rules, site, zone: config.zone, now })
  const of = { detection, site, zone: config.zone, now: now() }
  const ailments = existsSync(files.store)
    ? readStore(config, (reader) => limits({ ...of, reader }))
    : limits({ ...of, reader: undefined })
  if (json || !output.terminal) for (const ailment of ailments) printJson(output, ailment)
  else {
    for (const { severity, about, message, mend } of ailments) {
      output.out(`${severity} ${safe(about)}: ${safe(message)}\n  mend: ${safe(mend)}\n`)
    }
  }
  const daemon = runningDaemon(config.data)
  output.err(
    daemon === undefined
      ? 'no daemon runs on this data folder\n'
      : `a daemon runs, process ${daemon.pid}, ${daemon.url}\n`,
  )
  output.err(
    `${count(detection.ruleset.rules.length, 'rule')} loaded; ${count(ailments.length, 'thing')} to know\n`,
  )
  return ailments.some(({ severity }) => severity === 'error') ? EXIT.findings : EXIT.ok
}
