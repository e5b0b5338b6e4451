import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { worthwhileJobs } from './worthwhile-jobs.ts'

const LARGE = 17 * 1024 * 1024
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-jobs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it.each([
  ['small files', 'a line\n', 1],
  ['a large file of lines', `${'a'.repeat(99)}\n`.repeat(LARGE / 100), Math.min(8, availableParallelism())],
  ['one line of any length, which nobody can share', 'a'.repeat(LARGE), 1],
])('%s', async (_name, content, jobs) => {
  writeFileSync(join(folder, 'a'), content)
  expect(await worthwhileJobs([folder, '-'])).toBe(jobs)
})
