import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, truncateSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Alert } from '../src/domain/alert.ts'
import { openReader } from '../src/store/sqlite.ts'
import type { Reader } from '../src/store/store.ts'
import { podCreated } from './audit.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')

/** What a machine writes, in files that rotate: the audit log of an API server, and inspect documents. */
export interface MachineLogs {
  /** The folder that they stand in. */
  readonly folder: string
  /** A record into each; now and then only the beginning of one, and its rest with the next. */
  write(): void
  rotate(): void
  /** Ends what was begun. */
  finish(): void
  records(): number
}

/** One in so many records is of something privileged. */
const PRIVILEGED = 10

/** `began` dates the records, ms. */
export function machineLogs(folder: string, machine: string, began: number): MachineLogs {
  mkdirSync(folder, { recursive: true })
  const audit = growing(join(folder, 'audit.log'), (n) =>
    podCreated({
      name: `${machine}-${n}`,
      auditID: `${machine}-${n}`,
      time: began + n,
      privileged: n % PRIVILEGED === 0,
    }),
  )
  const containers = growing(join(folder, 'containers.log'), (n) => inspected(machine, n, began + n))
  let rotations = 0
  return {
    folder,
    write() {
      audit.write()
      containers.write()
    },
    rotate() {
      rotations += 1
      audit.finish()
      renameSync(audit.file, `${audit.file}.${rotations}`)
      containers.finish()
      copyFileSync(containers.file, `${containers.file}.${rotations}`)
      truncateSync(containers.file)
    },
    finish() {
      audit.finish()
      containers.finish()
    },
    records: () => audit.records() + containers.records(),
  }
}

function growing(file: string, recordOf: (n: number) => string) {
  let records = 0
  let rest = ''
  return {
    file,
    write() {
      const line = `${recordOf(records)}\n`
      records += 1
      const half = records % 7 === 3 ? Math.floor(line.length / 2) : line.length
      appendFileSync(file, rest + line.slice(0, half))
      rest = line.slice(half)
    },
    finish() {
      if (rest !== '') appendFileSync(file, rest)
      rest = ''
    },
    records: () => records,
  }
}

function inspected(machine: string, n: number, time: number): string {
  const id = Buffer.from(`${machine}-${n}`).toString('hex').padEnd(64, '0').slice(0, 64)
  return JSON.stringify({
    Id: id,
    Created: new Date(time).toISOString(),
    Name: `/${machine}-${n}`,
    Image: `sha256:${'e'.repeat(64)}`,
    Config: { Image: 'registry.example/web:1', Cmd: ['sleep', '3600'] },
    HostConfig: { Privileged: n % PRIVILEGED === 0, NetworkMode: 'bridge' },
    Mounts: [],
    NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } },
  })
}

/** What an alert says, whichever way its records came: one line. */
function saying({ strategy, rule, level, entity, first, last, count }: Alert): string {
  const whose = entity['k8s.pod.name'] ?? entity['container.id']
  return JSON.stringify([strategy, rule.id, level, whose, first, last, count])
}

type Printed = Omit<Alert, 'strategy' | 'first' | 'last'> & {
  readonly strategy: { readonly id: string }
  readonly first: string
  readonly last: string
}

/** About one pod or container: what is about many waits for what may come late, and a scan has an end. */
function isAboutOne({ entity }: Pick<Alert, 'entity'>): boolean {
  return entity['k8s.pod.name'] !== undefined || entity['container.id'] !== undefined
}

/** What alerts about one thing say. */
export function saidOf(alerts: readonly Alert[]): readonly string[] {
  return alerts.filter(isAboutOne).map(saying).toSorted()
}

/** The same of the lines that `scan --json` printed. */
export function scannedAlerts(file: string): readonly string[] {
  const alerts = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { strategy, first, last, ...alert } = JSON.parse(line) as Printed
      return { ...alert, strategy: strategy.id, first: Date.parse(first), last: Date.parse(last) }
    })
  return saidOf(alerts)
}

export function allAlerts(reader: Pick<Reader, 'alerts'>): readonly Alert[] {
  const found: Alert[] = []
  let after: string | undefined
  do {
    const page = reader.alerts({ limit: 500, ...(after === undefined ? {} : { after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return found
}

/** Records that a data folder's daemon took. */
export function recordsIn(data: string): number {
  const reader = openReader(join(data, 'tallyman.db'))
  const { records } = reader.totals()
  reader.close()
  return records
}

/** Alerts of a scan, a line each, into a file. */
export function scanInto(file: string, paths: readonly string[]): void {
  const script = 'out=$1; shift; exec "$@" >"$out"'
  try {
    execFileSync('sh', ['-c', script, 'sh', file, LAUNCHER, 'scan', '--json', ...paths], { stdio: 'pipe' })
  } catch (cause) {
    // there are alerts
    if ((cause as { readonly status?: number }).status !== 1) throw cause
  }
}
