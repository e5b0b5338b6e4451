import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { dataFiles, runningDaemon } from '../daemon/data-folder.ts'
import { loadDetection } from '../detection.ts'
import { bytes } from '../domain/bytes.ts'
import { limits, type Limit } from '../limits.ts'
import { boundsOf } from '../config/retention-config.ts'
import { askDaemon } from './ask-daemon.ts'
import { EXIT, type Exit } from './exit.ts'
import { SHIPPED_STRATEGIES } from './options.ts'
import { count, printJson, safe, type Output } from './output.ts'
import { readStore } from './read-store.ts'

export interface DoctorWords {
  readonly json: boolean
  /** Also each list that is not set and exempts nobody. */
  readonly all: boolean
  /** Samples of records that failed, instead. */
  readonly failures: boolean
}

/** Samples that are shown, and characters of each. */
const SAMPLES = 20
const SHOWN = 200
/** Intervals and failures that are told one by one. */
const TOLD = 10

/** What is not seen, not decided, or not in order. Exits 1 where something is an error. */
export async function doctor(config: Config, words: DoctorWords, output: Output): Promise<Exit> {
  if (words.failures) return showFailures(config, words.json, output)
  const daemon = runningDaemon(config.data)
  const ailments =
    daemon === undefined
      ? await onDisk(config)
      : ((await askDaemon(daemon, config.data, '/api/limits')) as { items: readonly Limit[] }).items
  if (words.json || !output.terminal) for (const ailment of ailments) printJson(output, ailment)
  else printAilments(ailments, words.all, output)
  output.err(
    daemon === undefined
      ? 'no daemon runs on this data folder: this is what the disk holds\n'
      : `this is what is in force in the daemon, process ${daemon.pid}, ${daemon.url}\n`,
  )
  tellSize(config, output)
  output.err(`${summary(ailments)}\n`)
  return ailments.some(({ severity }) => severity === 'error') ? EXIT.findings : EXIT.ok
}

async function onDisk(config: Config): Promise<readonly Limit[]> {
  const files = dataFiles(config.data)
  const site = config.site ?? files.site
  const now = Date.now
  const strategies = config.strategies ?? SHIPPED_STRATEGIES
  const detection = await loadDetection({ strategies, rules: config.rules, site, zone: config.zone, now })
  const { size } = boundsOf(config.retention)
  const of = { detection, size, site, zone: config.zone, now: now() }
  return existsSync(files.store)
    ? readStore(config, (reader) => limits({ ...of, reader }))
    : limits({ ...of, reader: undefined })
}

function tellSize(config: Config, output: Output): void {
  if (!existsSync(dataFiles(config.data).store)) return
  const { used, free } = readStore(config, (reader) => reader.size())
  const { size } = boundsOf(config.retention)
  output.err(
    `the store holds ${bytes(used)} of ${bytes(size)}, and ${bytes(free)} that were freed inside its file\n`,
  )
}

function printAilments(ailments: readonly Limit[], all: boolean, output: Output): void {
  const isOptional = ({ kind, severity }: Limit): boolean => kind === 'unset' && severity === 'note'
  const missed = ailments.filter(({ kind }) => kind === 'missed')
  const left = new Set(all ? [] : [...missed.slice(TOLD), ...ailments.filter(isOptional)])
  let before = ''
  for (const ailment of ailments) {
    if (left.has(ailment)) continue
    const { severity, about, message, mend } = ailment
    output.out(`${severity} ${safe(about)}: ${safe(message)}\n`)
    // the same advice is given once for what stands together
    if (mend !== before) output.out(`  mend: ${safe(mend)}\n`)
    before = mend
  }
  const more = missed.length - TOLD
  if (!all && more > 0) output.out(`warning ${more} more of what was missed (--all)\n`)
  const optional = ailments.filter(isOptional).length
  if (!all && optional > 0)
    output.out(
      `note ${count(optional, 'optional exemption list')} ${optional === 1 ? 'is' : 'are'} not set (--all; 'tallyman lists list' says what they mean)\n`,
    )
}

function summary(ailments: readonly Limit[]): string {
  const counted = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const n = ailments.filter((each) => each.severity === severity).length
    return n === 0 ? [] : [count(n, severity)]
  })
  return counted.length === 0 ? 'nothing to mend' : counted.join(', ')
}

function showFailures(config: Config, json: boolean, output: Output): Exit {
  const failures = readStore(config, (reader) => reader.failures(SAMPLES))
  for (const failure of failures) {
    if (json || !output.terminal) {
      printJson(output, failure)
      continue
    }
    const { stream, position, reason, sample } = failure
    output.out(
      `${safe(reason)}: ${safe(stream)}, at ${safe(String(position))}\n  ${safe(sample.slice(0, SHOWN))}\n`,
    )
  }
  output.err(
    failures.length === 0 ? 'no record failed\n' : `${count(failures.length, 'sample')}, the newest first\n`,
  )
  return EXIT.ok
}
