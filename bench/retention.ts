import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aCommit, aContainer, rated } from '../test/builders.ts'
import { fold, stateKeys } from '../src/engine/alerting.ts'
import { openStore } from '../src/store/sqlite.ts'

/** Removes many alerts with much evidence while batches are committed: how long a part takes, and a commit between. */
const ALERTS = Number(process.argv[2] ?? 100_000)
const EVIDENCE = Number(process.argv[3] ?? 4_096)
const BATCH = 500
const DAY = 86_400_000
const T = Date.UTC(2026, 10, 20, 10)

const folder = mkdtempSync(join(tmpdir(), 'tallyman-bench-retention-'))
const file = join(folder, 'store.db')
const store = openStore(file, { durable: true })
let made = 0
const open = (count: number, at: number): void => {
  const matches = Array.from({ length: count }, () => {
    made += 1
    const resource = aContainer({ 'container.id': String(made).padStart(64, '0') })
    return rated({ id: `e${made}`, resource, record: { text: 'x'.repeat(EVIDENCE) } })
  })
  store.commit(aCommit({ at, output: fold(store.load(stateKeys(matches)), matches) }))
}
try {
  for (let left = ALERTS; left > 0; left -= BATCH) open(Math.min(BATCH, left), T)
  const bounds = { closed: DAY, open: DAY, findings: DAY, size: 2 ** 50 }
  const parts: number[] = []
  const commits: number[] = []
  const timed = <T>(into: number[], work: () => T): T => {
    const began = performance.now()
    const result = work()
    into.push(performance.now() - began)
    return result
  }
  const before = store.size()
  for (let more = true; more;) {
    more = timed(parts, () => store.forget(bounds, T + 2 * DAY, () => []).more)
    if (parts.length % 10 === 0) timed(commits, () => open(10, T + 2 * DAY))
  }
  const line = (what: string, times: number[]): void => {
    const sorted = times.toSorted((a, b) => a - b)
    const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1)
    process.stdout.write(
      `${what}: ${sorted.length}, ms: median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}\n`,
    )
  }
  process.stdout.write(
    `${ALERTS} alerts, ${EVIDENCE} characters of evidence each, ${Math.round(statSync(file).size / 2 ** 20)} MiB\n`,
  )
  line('parts', parts)
  line('commits of 10 alerts between', commits)
  const after = store.size()
  process.stdout.write(
    `in use ${mebibytes(before.used)}, then ${mebibytes(after.used)}; freed ${mebibytes(after.free)}\n`,
  )
} finally {
  store.close()
  rmSync(folder, { recursive: true })
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
