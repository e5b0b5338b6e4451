import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { TELEMETRY_RULES } from './falco-telemetry.ts'

const FILE = join(import.meta.dirname, '../../sensors/falco/tallyman_rules.yaml')

interface Item {
  readonly rule?: string
  readonly macro?: string
  readonly condition?: string
  readonly output?: string
  readonly priority?: string
}
const items = parse(readFileSync(FILE, 'utf8')) as readonly Item[]
const rules = items.filter(({ rule }) => rule !== undefined)

/** What the source reads of a record, as it stands in its text: a name that it reads nowhere is not told for nothing. */
const READ = new Set(
  ['falco.ts', 'falco-telemetry.ts'].flatMap((name) =>
    [
      ...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(
        /'((?:evt|proc|fd|fs|user|container|k8s)\.[\w.[\]]+)'/g,
      ),
    ].map(([, field]) => field),
  ),
)
for (const n of [2, 3, 4]) READ.add(`proc.aexepath[${n}]`).add(`proc.acmdline[${n}]`)

it('are those whose records are read as telemetry, and no others', () => {
  expect(rules.map(({ rule }) => rule)).toEqual(TELEMETRY_RULES)
})

/** Who did it, and with what result. */
const OF_ALL = new Set(
  `evt.type evt.rawres proc.exepath proc.exe proc.args proc.cwd proc.name proc.pid proc.ppid proc.is_exe_from_memfd
   user.name user.uid proc.pexepath proc.pcmdline`.split(/\s+/),
)

it('tell who did it, and nothing that is not read', () => {
  for (const { rule, output = '' } of rules) {
    const told = [...output.matchAll(/%([\w.]+(?:\[\d\])?)/g)].map(([, field]) => field)
    for (const field of told) expect(READ, `${rule}: ${field}`).toContain(field)
    for (const field of OF_ALL) expect(told, rule).toContain(field)
  }
})

it('use no macro that the file does not define, and watch containers alone', () => {
  const macros = items.flatMap(({ macro }) => (macro === undefined ? [] : [macro]))
  for (const { rule, condition = '', priority } of rules) {
    expect(condition, rule).toContain('tallyman_seen')
    for (const [name] of condition.matchAll(/\btallyman_\w+/g)) expect(macros, rule).toContain(name)
    expect(priority, rule).toBe('DEBUG')
  }
  expect(items.find(({ macro }) => macro === 'tallyman_seen')?.condition).toContain('container.id != host')
})
