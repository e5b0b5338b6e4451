import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileRules } from '../sigma/sigma.ts'
import { levelOf } from './levels.ts'
import { lintStrategy } from './lint.ts'
import { parseStrategy } from './parse.ts'

/** The five documents that the project starts from; their faults were named by hand, line by line. */
const FOLDER = join(import.meta.dirname, '../../../shared/seeds')
const files = await readdir(FOLDER).then(
  (names) => names.sort(),
  () => [],
)
if (files.length === 0) console.warn(`skipped: the documents are not at ${FOLDER}`)

const parsed = await Promise.all(
  files.map(async (file) => parseStrategy(file, await readFile(join(FOLDER, file), 'utf8'))),
)
const lint = (index: number, level?: 'L2') =>
  lintStrategy(parsed[index]!, {
    now: Date.UTC(2026, 10, 21),
    others: parsed.map(({ strategy }) => strategy),
    compile: compileRules,
    ...(level === undefined ? {} : { level }),
  })

const FAULTS: readonly (readonly [file: string, line: number, ...ids: string[]])[] = [
  ['000', 1, 'ADS001', 'ADS050', 'ADS051', 'ADS090'],
  ['000', 4, 'ADS018'],
  ['000', 8, 'ADS014', 'ADS016'],
  ['000', 9, 'ADS013'],
  ['000', 10, 'ADS012'],
  ['000', 13, 'ADS020'],
  ['000', 31, 'ADS054'],
  ['000', 32, 'ADS054'],
  ['000', 34, 'ADS057'],
  ['000', 38, 'ADS030'],
  ['000', 39, 'ADS030'],
  ['000', 40, 'ADS031'],
  ['000', 45, 'ADS040'],
  ['000', 46, 'ADS040'],
  ['000', 47, 'ADS040'],
  ['000', 50, 'ADS060'],
  ['000', 52, 'ADS020', 'ADS070'],
  ['000', 56, 'ADS071'],
  ['000', 61, 'ADS080'],
  ['001', 1, 'ADS090'],
  ['001', 4, 'ADS018'],
  ['001', 7, 'ADS014', 'ADS016'],
  ['001', 9, 'ADS012'],
  ['001', 13, 'ADS020'],
  ['001', 31, 'ADS054', 'ADS055'],
  ['001', 32, 'ADS057'],
  ['001', 36, 'ADS031'],
  ['001', 37, 'ADS030'],
  ['001', 40, 'ADS030'],
  ['001', 41, 'ADS030'],
  ['001', 45, 'ADS040'],
  ['001', 46, 'ADS040'],
  ['001', 47, 'ADS040'],
  ['001', 50, 'ADS060'],
  ['001', 54, 'ADS002', 'ADS050', 'ADS051'],
  ['001', 58, 'ADS054'],
  ['001', 67, 'ADS056'],
  ['001', 71, 'ADS070'],
  ['001', 80, 'ADS080'],
  ['002', 1, 'ADS090'],
  ['002', 4, 'ADS018'],
  ['002', 7, 'ADS014', 'ADS016'],
  ['002', 12, 'ADS020'],
  ['002', 19, 'ADS054'],
  ['002', 20, 'ADS054', 'ADS055'],
  ['002', 23, 'ADS031'],
  ['002', 24, 'ADS030'],
  ['002', 28, 'ADS040'],
  ['002', 29, 'ADS040'],
  ['002', 30, 'ADS040'],
  ['002', 33, 'ADS060'],
  ['002', 36, 'ADS050', 'ADS051'],
  ['002', 39, 'ADS054', 'ADS057'],
  ['002', 41, 'ADS070'],
  ['002', 45, 'ADS071'],
  ['002', 49, 'ADS080'],
  ['003', 1, 'ADS001', 'ADS050', 'ADS051', 'ADS090'],
  ['003', 4, 'ADS018'],
  ['003', 7, 'ADS014', 'ADS016'],
  ['003', 9, 'ADS012', 'ADS015'],
  ['003', 13, 'ADS020'],
  ['003', 27, 'ADS055'],
  ['003', 33, 'ADS031'],
  ['003', 34, 'ADS031'],
  ['003', 37, 'ADS030'],
  ['003', 38, 'ADS030'],
  ['003', 42, 'ADS040'],
  ['003', 43, 'ADS040'],
  ['003', 44, 'ADS040'],
  ['003', 47, 'ADS060'],
  ['003', 49, 'ADS070'],
  ['003', 51, 'ADS071'],
  ['003', 54, 'ADS073'],
  ['003', 60, 'ADS080'],
  ['004', 1, 'ADS090'],
  ['004', 4, 'ADS018'],
  ['004', 9, 'ADS014', 'ADS016'],
  ['004', 11, 'ADS012'],
  ['004', 16, 'ADS020'],
  ['004', 24, 'ADS055'],
  ['004', 35, 'ADS031'],
  ['004', 36, 'ADS030'],
  ['004', 42, 'ADS040'],
  ['004', 43, 'ADS040'],
  ['004', 44, 'ADS040'],
  ['004', 49, 'ADS060'],
  ['004', 54, 'ADS050', 'ADS051', 'ADS055'],
  ['004', 64, 'ADS057'],
  ['004', 74, 'ADS071'],
  ['004', 82, 'ADS080'],
]

test.skipIf(files.length === 0).each([0, 1, 2, 3, 4])(
  'the faults of document %i are named on their lines',
  (index) => {
    const found = lint(index)
    const prefix = files[index]!.slice(0, 3)
    const expected = FAULTS.filter(([file]) => file === prefix).flatMap(([, line, ...ids]) =>
      ids.map((id) => `${line} ${id}`),
    )
    const named = new Set(found.map(({ line, id }) => `${line} ${id}`))
    expect(expected.filter((fault) => !named.has(fault))).toEqual([])
    expect([...named].filter((fault) => !expected.includes(fault) && !/ADS(?:002|020)$/.test(fault))).toEqual(
      [],
    )
  },
)

test.skipIf(files.length === 0)(
  'a prose-only document has nothing worse than a warning, unless a level asks for more',
  () => {
    for (const index of files.keys()) {
      expect(lint(index).filter(({ severity }) => severity === 'error')).toEqual([])
      expect(lint(index, 'L2').some(({ severity }) => severity === 'error')).toBe(true)
    }
  },
)

test.skipIf(files.length === 0)('prose is at level L0', () => {
  for (const [index, { strategy }] of parsed.entries()) {
    expect(levelOf(strategy, lint(index), []).level).toBe('L0')
  }
})

test.skipIf(files.length === 0)('findings name the right place and the mend', () => {
  expect(lint(3).find(({ id }) => id === 'ADS012')).toEqual({
    id: 'ADS012',
    severity: 'warning',
    file: files[3],
    line: 9,
    column: 18,
    message:
      '“PRE (Privileged Release Environment)”: PRE is ATT&CK’s platform for what happens before a compromise, and nothing else',
    mend: 'Write PRE, and name what your sensors see instead.',
  })
  expect(lint(0).find(({ id }) => id === 'ADS012')?.mend).toBe('Write Network Devices.')
  expect(lint(1).find(({ line }) => line === 58)).toMatchObject({
    id: 'ADS054',
    message: 'file:///path/to/image.jpg is a placeholder',
  })
})
