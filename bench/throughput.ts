import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { main } from '../src/cli/main.ts'
import { auditLine } from './audit-records.ts'

const RECORDS = 300_000
const ROUNDS = 3

/**
 * Records a second through the whole `scan` path (read, frame, parse, recognise, map, match 5 strategies, fold,
 * commit) against JSON.parse of the same lines alone, alternating, in one process.
 */
export async function throughput(say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
  try {
    const file = join(folder, 'audit.log')
    const bytes = await write(file)
    const silent = { out: () => {}, err: () => {}, terminal: false }
    const [parse, scan]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      parse.push(await timed(async () => parseAll(file)))
      scan.push(await timed(async () => main(['scan', '--json', file], silent)))
    }
    const [parseRate, scanRate] = [RECORDS / Math.min(...parse), RECORDS / Math.min(...scan)]
    say(
      `records           ${RECORDS} Kubernetes audit records, ${Math.round(bytes / RECORDS)} bytes each on average; best of ${ROUNDS}, alternating`,
    )
    say(`JSON.parse alone  ${Math.round(parseRate * 1000)} records/s`)
    say(`scan              ${Math.round(scanRate * 1000)} records/s`)
    say(`ratio             ${(scanRate / parseRate).toFixed(2)} of JSON.parse alone`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function write(file: string): Promise<number> {
  const out = createWriteStream(file)
  let bytes = 0
  for (let n = 0; n < RECORDS; n += 1) {
    const line = `${auditLine(n)}\n`
    bytes += line.length
    if (!out.write(line)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  return bytes
}

async function parseAll(file: string): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file) })) JSON.parse(line)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
