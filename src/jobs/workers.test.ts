import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import { loadDetection } from '../detection.ts'
import { UserError } from '../domain/errors.ts'
import { fileInput } from '../inputs/file.ts'
import { runPipeline } from '../loop/pipeline.ts'
import { sources } from '../sources/index.ts'
import { openStore } from '../store/sqlite.ts'
import { startWorkers, type Workers } from './workers.ts'

const now = (): number => Date.UTC(2026, 10, 20, 12)

test(
  'a thread that stops is told, and what it had to read is not passed over',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-workers-'))
    const store = openStore(join(folder, 'store.db'), { durable: false })
    let workers: Workers | undefined
    onTestFinished(async () => {
      await workers?.stop()
      store.close()
      rmSync(folder, { recursive: true })
    })
    const file = join(folder, 'audit.log')
    const many = `[${'[],'.repeat(1_900_000)}[]]`
    const line = (n: number, more = '{}'): string =>
      podCreated({ name: 'a', auditID: String(n), time: now() }).replace(
        '"annotations":{',
        `"more":${more},"annotations":{`,
      )
    writeFileSync(file, [line(0), line(1, many), line(2)].join('\n'))
    const detection = await loadDetection({
      strategies: resolve(import.meta.dirname, '../../strategies'),
      rules: [],
      site: undefined,
      zone: 'UTC',
      now,
      // enough for the rules, not for such a record
      sharing: (rules) => {
        workers = startWorkers({ size: 2, heap: 48 })
        workers.compile(rules)
      },
    })
    const parts = { store, sources, detection: () => detection, now, ...(workers && { workers }) }
    const input = fileInput({ name: 'scan', paths: [file], follow: false })
    const run = runPipeline([input], parts, new AbortController().signal)
    await expect(run).rejects.toThrow(UserError)
    await expect(run).rejects.toThrow(/memory/)
    expect(store.totals().evaluated).toBeLessThan(3)
  },
)
