import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { UserError } from '../domain/errors.ts'
import { exampleDocument } from './example.testing.ts'
import { loadStrategies } from './load.ts'

const folder = await mkdtemp(join(tmpdir(), 'strategies-'))
afterAll(() => rm(folder, { recursive: true }))

test('the documents of a folder are read in the order of their names, and nothing below it', async () => {
  await mkdir(join(folder, 'a.d'))
  await writeFile(join(folder, 'a.d', 'note.md'), '# Goal\n')
  await writeFile(join(folder, 'b.md'), exampleDocument())
  await writeFile(join(folder, 'a.md'), '---\nads: 2\n---\n# Goal\n')
  await writeFile(join(folder, 'README.md'), '# Strategies\n')
  const { strategies, findings } = await loadStrategies(folder)
  expect(strategies.map(({ id, rules }) => [id, rules.length])).toEqual([
    ['a', 0],
    ['b', 1],
  ])
  expect(findings).toMatchObject([{ id: 'ADS005', file: join(folder, 'a.md'), line: 2 }])
})

test('a folder that is not there is the user’s to mend', async () => {
  await expect(loadStrategies(join(folder, 'nowhere'))).rejects.toThrow(UserError)
})
