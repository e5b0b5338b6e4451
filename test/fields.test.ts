import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fieldRows, type FieldRow } from '../src/cli/field-rows.ts'
import { main } from '../src/cli/main.ts'
import { SOURCE_NAMES } from '../src/domain/event.ts'
import { RESOURCE_ATTRIBUTES, SERVED_BY } from '../src/domain/fields.ts'
import { isJoined, isProvided, providersOf } from '../src/domain/provided-fields.ts'
import { settingOf } from '../src/domain/sensor-settings.ts'
import { loadDetection } from '../src/detection.ts'

const ROOT = resolve(import.meta.dirname, '..')
const STRATEGIES = join(ROOT, 'strategies')

async function tallyman(...words: readonly string[]) {
  let [out, err] = ['', '']
  const output = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
  const exit = await main(words, { ...output, terminal: words.includes('--terminal') })
  const rows = () => out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as FieldRow]))
  return { exit, out, err, rows }
}

describe('fields', () => {
  it('says of a field who fills it by which setting, and which rules read it', async () => {
    const { exit, rows } = await tallyman('fields', 'show', 'file.flags')
    expect(exit).toBe(0)
    const row = rows().find(({ of }) => of === 'file_event')
    expect(row?.sources).toContainEqual({
      source: 'tetragon',
      setting: { kind: 'shipped', file: 'sensors/tetragon/files.yaml' },
    })
    expect(row?.rules.length).toBeGreaterThan(0)
    expect(row?.meaning).toContain('O_WRONLY')
  })

  it('lists what one source fills, and what rules read of records with names of their own', async () => {
    const { rows } = await tallyman('fields', 'list', '--source', 'kubernetes.audit')
    expect(rows().map(({ of }) => of)).toContain('container_create')
    expect(rows().map(({ of }) => of)).not.toContain('kernel_call')
    expect(
      rows()
        .filter(({ of }) => of === 'kubernetes/audit')
        .map(({ field }) => field),
    ).toContain('verb')
  })

  it('names the nearest where there is no such field or source', async () => {
    expect((await tallyman('fields', 'show', 'file.flag')).err).toContain('did you mean file.flags?')
    const { exit, err } = await tallyman('fields', 'list', '--source', 'tetragn')
    expect(exit).toBe(2)
    expect(err).toContain('did you mean tetragon?')
  })
})

/** What is told of these is made of what several tell. */
const SILENT = new Set(['container_view sensor', 'container_view docker.inspect'])

describe('what sources provide', () => {
  it('is told by sources that serve the category', () => {
    for (const { of, sources } of fieldRows([])) {
      const served = SERVED_BY[of]
      // a check of integrity is first of all a check
      if (served === undefined || of === 'file_event') continue
      for (const { source } of sources) expect(served, `${of} of ${source}`).toContain(source)
    }
  })

  it('is for every category something, of every source that serves it', () => {
    const rows = fieldRows([])
    for (const [category, served] of Object.entries(SERVED_BY)) {
      for (const source of served) {
        if (SILENT.has(`${category} ${source}`)) continue
        const filled = rows.filter(
          ({ of, sources }) => of === category && sources.some((each) => each.source === source),
        )
        expect(filled.length, `${category} of ${source}`).toBeGreaterThan(0)
      }
    }
  })

  it('is switched on by files that are there', () => {
    const categories = Object.keys(SERVED_BY)
    const files = SOURCE_NAMES.flatMap((source) =>
      categories.map((category) => settingOf(source, category)),
    ).flatMap((setting) => (setting.kind === 'shipped' ? [setting.file] : []))
    expect(new Set(files).size).toBeGreaterThan(8)
    for (const file of new Set(files)) expect(existsSync(join(ROOT, file)), file).toBe(true)
  })

  it('is all that a rule of a strategy reads: of one sensor at least, by a setting that ships', async () => {
    const { ruleset } = await loadDetection({
      strategies: STRATEGIES,
      rules: [],
      site: undefined,
      zone: 'UTC',
      now: Date.now,
    })
    const catalogued = ruleset.rules.filter(
      ({ logsource, correlation, baseline }) =>
        correlation === undefined &&
        baseline === undefined &&
        SERVED_BY[logsource.category ?? ''] !== undefined,
    )
    expect(catalogued.length).toBeGreaterThan(50)
    for (const { title, logsource, fields } of catalogued) {
      const category = logsource.category ?? ''
      for (const field of fields) expect(isProvided(logsource, field), `${title}: ${field}`).toBe(true)
      // one sensor has to fill all that a rule reads of what processes do; of specifications each engine has its own
      if (logsource.product !== 'linux') continue
      const own = fields.filter((field) => !isJoined(category, field) && field !== 'sensor.unresolved')
      const whole = (SERVED_BY[category] ?? []).filter((source) =>
        own.every((field) => providersOf(category, field).some((each) => each.source === source)),
      )
      const shipped = whole.filter((source) => settingOf(source, category).kind !== 'own')
      expect(shipped, `${title}: ${own.join(' ')}`).not.toEqual([])
    }
  })

  it('is not claimed of what nobody fills', () => {
    expect(isProvided({ category: 'process_creation', product: 'linux' }, 'process.executable.file')).toBe(
      true,
    )
    expect(isProvided({ category: 'process_creation', product: 'macos' }, 'process.executable.file')).toBe(
      false,
    )
    expect(isProvided({ category: 'kernel_call', product: 'windows' }, 'syscall.name')).toBe(false)
    expect(isProvided({ category: 'file_event', product: 'linux' }, 'no.such.field')).toBe(false)
    for (const attribute of Object.keys(RESOURCE_ATTRIBUTES)) expect(isJoined('any', attribute)).toBe(true)
  })
})
