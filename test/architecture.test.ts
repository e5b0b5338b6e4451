import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')

/** Which rooms of the house a room may look into. Everything may look into itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | 'everything'>> = {
  domain: [],
  inputs: ['domain'],
  // how a format is described, whoever reads it: its form and what may be wrong with it
  mapping: ['domain'],
  sources: ['domain', 'mapping'],
  inventory: ['domain'],
  // what several views of a machine say of the same containers: pure, over looks with their times
  views: ['domain'],
  sigma: ['domain'],
  site: ['domain'],
  strategy: ['domain', 'sigma'],
  engine: ['domain', 'sigma', 'strategy', 'site'],
  store: ['domain'],
  sensor: ['domain'],
  actions: ['domain'],
  // its schema is made of the actions' options; what it warns of is judged by those who read it later
  config: ['domain', 'site', 'actions', 'inputs', 'store', 'mapping'],
  // the journey of a record to its commit; what is in force (`detection.ts`) is handed to it
  loop: ['domain', 'inputs', 'sources', 'inventory', 'views', 'sigma', 'engine', 'store', 'jobs', ''],
  // the part of the loop that other threads do, and what hands it to them
  jobs: ['domain', 'inputs', 'mapping', 'sources', 'inventory', 'sigma', 'engine', 'loop', ''],
  // inputs into a spool, and from there to a daemon: it wires what `run` wires, without the loop
  agent: ['domain', 'config', 'inputs', 'store', 'daemon', ''],
  daemon: 'everything',
  cli: 'everything',
}

/** Files directly in src wire parts together. None of them knows SQL, HTTP or a command line. */
const ROOT_FILES_MAY_IMPORT = [
  'domain',
  'inputs',
  'sources',
  'inventory',
  'views',
  'sigma',
  'site',
  'strategy',
  'engine',
  'store',
]

function files(): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
}

function imports(file: string): readonly string[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)].map((found) =>
    relative(SRC, resolve(SRC, file, '..', found[1] ?? '')),
  )
}

const room = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '')

it('lets arrows point towards the domain only', () => {
  const wrong = files()
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      imports(file).flatMap((target) => {
        const [from, to] = [room(file), room(target)]
        const allowed = from === '' ? [...ROOT_FILES_MAY_IMPORT, ''] : MAY_IMPORT[from]
        if (allowed === undefined) return [`${from}/ is no room of the house`]
        return from === to || allowed === 'everything' || allowed.includes(to) || target.startsWith('..')
          ? []
          : [`${file} imports ${target}`]
      }),
    )
  expect(wrong).toEqual([])
})

it('reaches the Sigma engine through its interface only', () => {
  const inside = files()
    .filter((file) => !file.startsWith('sigma/') && !file.endsWith('.test.ts'))
    .flatMap((file) => imports(file).map((target) => ({ file, target })))
    .filter(({ target }) => target.startsWith('sigma/') && target !== 'sigma/sigma.ts')
  expect(inside).toEqual([])
})

it('keeps SQLite inside the store and the data folder’s lock', () => {
  const users = files().filter((file) => readFileSync(join(SRC, file), 'utf8').includes("'node:sqlite'"))
  expect(users.filter((file) => !file.startsWith('store/') && file !== 'daemon/data-folder.ts')).toEqual([])
})

it('keeps clocks and timers out of what is pure', () => {
  const impure = files().filter(
    (file) =>
      /^(?:domain|sigma|engine|sources|inventory|views|strategy)\//.test(file) &&
      !file.endsWith('.test.ts') &&
      /Date\.now|setTimeout|setInterval|performance\.now|Math\.random/.test(
        readFileSync(join(SRC, file), 'utf8'),
      ),
  )
  expect(impure).toEqual([])
})

it('gives a reason for every package, and for no other, in the README', () => {
  const root = join(SRC, '..')
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>
  const [, rows = ''] = readFileSync(join(root, 'README.md'), 'utf8').split('\n| package | why |\n')
  const named = [...rows.matchAll(/^\|([^|]+)\|[^|]*\w[^|]*\|$/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  )
  expect(new Set(named)).toEqual(
    new Set(Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })),
  )
})

it('loads the client of Kubernetes, which is large, where a cluster is asked and nowhere else', () => {
  const named = files()
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      readFileSync(join(SRC, file), 'utf8')
        .split('\n')
        .filter((line) => line.includes("'@kubernetes/client-node'"))
        .map((line) => `${file}: ${line.trim()}`),
    )
  expect(named).toEqual([
    "inputs/cluster-api.ts: import type { KubeConfig } from '@kubernetes/client-node'",
    "inputs/cluster-api.ts: const { KubeConfig } = await import('@kubernetes/client-node')",
  ])
})
