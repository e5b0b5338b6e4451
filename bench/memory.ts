import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { auditLine } from './audit-records.ts'

/** Peak memory of `scan -` for one and for ten million records, with one thread and two, in a process of its own. */
export async function memory(say: (line: string) => void): Promise<void> {
  for (const jobs of [1, 2]) {
    for (const records of [1_000_000, 10_000_000]) {
      const start = performance.now()
      const { peak, exit } = await scanPiped(records, jobs)
      const seconds = (performance.now() - start) / 1000
      say(
        `--jobs ${jobs}  ${String(records / 1_000_000).padStart(2)} million records  peak ${peak} MB, ${Math.round(seconds)} s with their generation, exit ${exit}`,
      )
    }
  }
}

async function scanPiped(records: number, jobs: number): Promise<{ peak: string; exit: number | null }> {
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      join(import.meta.dirname, 'peak.ts'),
      'scan',
      '--jobs',
      String(jobs),
      '--json',
      '-',
    ],
    {
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    },
  )
  const peak = text(child.stdio[3] as Readable)
  const exited = once(child, 'exit')
  let block: string[] = []
  for (let n = 0; n < records; n += 1) {
    block.push(auditLine(n))
    if (block.length < 500 && n < records - 1) continue
    if (child.stdin?.write(`${block.join('\n')}\n`) === false) await once(child.stdin, 'drain')
    block = []
  }
  child.stdin?.end()
  const [exit] = (await exited) as [number | null]
  return { peak: (await peak).split(' ')[0] ?? '', exit }
}
