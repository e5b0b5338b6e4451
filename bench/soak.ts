import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, startDaemon } from '../test/daemon.ts'
import { auditLine } from './audit-records.ts'

const RECORDS = 2_000_000
const BLOCK = 2_000
const ROTATE_EVERY = 200_000

/** A long load on the running daemon: a file that grows and rotates; memory is sampled, and every record must be there once. */
const folder = mkdtempSync(join(tmpdir(), 'tallyman-soak-'))
try {
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  const log = join(logs, 'audit.log')
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(config, `inputs:\n  - { type: file, name: audit, paths: [${logs}] }\n`)
  writeFileSync(log, `${auditLine(0)}\n`)
  const daemon = startDaemon(join(folder, 'data'), config)
  await daemon.url()
  const totals = async (): Promise<{
    records: number
    evaluated: number
    failed: number
    duplicates: number
  }> =>
    (await daemon.ask('/api/totals')).body as {
      records: number
      evaluated: number
      failed: number
      duplicates: number
    }

  const start = performance.now()
  for (let n = 1; n < RECORDS; n += BLOCK) {
    const lines = Array.from(
      { length: Math.min(BLOCK, RECORDS - n) },
      (_, index) => `${auditLine(n + index)}\n`,
    )
    appendFileSync(log, lines.join(''))
    if (Math.floor(n / ROTATE_EVERY) !== Math.floor((n + BLOCK) / ROTATE_EVERY)) {
      await eventually(
        async () => ((await totals()).records >= n + lines.length ? true : undefined),
        120_000,
        `${n} records`,
      )
      renameSync(log, `${log}.old`)
      writeFileSync(log, '')
      process.stdout.write(`${n + lines.length} records, ${residentMegabytes(daemon.process.pid)} MB\n`)
    }
    await sleep(1)
  }
  const told = await eventually(
    async () => ((await totals()).records >= RECORDS ? totals() : undefined),
    120_000,
    'all records',
  )
  const seconds = (performance.now() - start) / 1000
  process.stdout.write(
    `${RECORDS} records in ${Math.round(seconds)} s: ${JSON.stringify(told)}, ${residentMegabytes(daemon.process.pid)} MB\n`,
  )
  if (told.evaluated !== RECORDS || told.failed + told.duplicates !== 0) process.exitCode = 1
  await daemon.kill('SIGTERM')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function residentMegabytes(pid: number | undefined): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1024)
}
