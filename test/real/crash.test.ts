import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Alert } from '../../src/domain/alert.ts'
import type { Finding } from '../../src/domain/event.ts'
import { openReader } from '../../src/store/sqlite.ts'
import type { Reader, Totals } from '../../src/store/store.ts'
import { podCreated } from '../audit.ts'
import { eventually, startDaemon } from '../daemon.ts'
import { realTest, startDocker } from './engine.ts'

const KILLS = 50

realTest(
  'every alert exists exactly once after fifty kills, with files that rotate and containers that outlive them',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-crash-'))
    const docker = await startDocker()
    const random = seeded(20_261_120)
    try {
      const data = join(folder, 'data')
      const logs = join(folder, 'logs')
      mkdirSync(logs)
      const config = join(folder, 'tallyman.yaml')
      writeFileSync(
        config,
        `inputs:\n  - { type: docker, name: docker, socket: ${docker.socket} }\n  - { type: file, name: files, paths: [${logs}] }\n`,
      )
      const renamed = rotatingLog(join(logs, 'renamed.log'), 'a', (file, n) =>
        renameSync(file, `${file}.${n}`),
      )
      const truncated = rotatingLog(join(logs, 'truncated.log'), 'b', (file, n) => {
        copyFileSync(file, `${file}.${n}`)
        truncateSync(file)
      })

      const first = startDaemon(data, config)
      await eventually(async () => ((await first.url()) !== '' ? true : undefined))
      await sleep(500)
      await first.kill('SIGKILL')

      const containers: string[] = []
      for (let kill = 0; kill < KILLS; kill += 1) {
        const daemon = startDaemon(data, config)
        const life = 200 + random() * 1_800
        const end = performance.now() + life
        let step = 0
        while (performance.now() < end) {
          renamed.write()
          truncated.write()
          if (step === 3 && kill % 5 === 0) {
            containers.push(
              (await docker.docker('run', '-d', '--network=host', 'test/busybox:1', 'sleep', '3600')).trim(),
            )
          }
          step += 1
          await sleep(10)
        }
        await daemon.kill('SIGKILL')
        renamed.write()
        if (kill % 7 === 3) renamed.rotate()
        if (kill % 7 === 5) truncated.rotate()
        if (kill % 10 === 8)
          containers.push(
            (await docker.docker('run', '-d', '--network=host', 'test/busybox:1', 'sleep', '3600')).trim(),
          )
      }
      // The ring of 256 events wraps while nobody listens.
      const last = containers.at(-1) ?? ''
      for (let n = 0; n < 150; n += 1) {
        await docker.docker('pause', last)
        await docker.docker('unpause', last)
      }
      containers.push(
        (await docker.docker('run', '-d', '--network=host', 'test/busybox:1', 'sleep', '3600')).trim(),
      )

      const daemon = startDaemon(data, config)
      const written = renamed.records() + truncated.records()
      const reader = await eventually(
        () => caughtUp(data, written, containers),
        60_000,
        `${written} records and ${containers.length} containers`,
      )
      await sleep(1_000)
      const told = { totals: reader.totals(), alerts: allAlerts(reader), findings: reader.findings(10_000) }
      reader.close()
      expect(await daemon.kill('SIGTERM')).toBe(0)
      verify(told, [...renamed.expected(), ...truncated.expected()], written, containers)
    } finally {
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 600_000 },
)

function verify(
  { totals, alerts, findings }: { totals: Totals; alerts: readonly Alert[]; findings: readonly Finding[] },
  pods: readonly string[],
  written: number,
  containers: readonly string[],
): void {
  expect(totals.sources['kubernetes.audit']).toBe(written)
  expect(totals.records).toBe(totals.evaluated + totals.failed + totals.duplicates)
  expect(totals.failures).toEqual({})

  const byPod = tally(
    alerts
      .filter(({ strategy }) => strategy === 't1600-weaken-encryption')
      .map(({ entity }) => entity['k8s.pod.name']),
  )
  expect(byPod).toEqual(Object.fromEntries(pods.map((pod) => [pod, 1])))
  expect(
    new Set(alerts.filter(({ entity }) => entity['k8s.pod.name'] !== undefined).map(({ count }) => count)),
  ).toEqual(new Set([1]))

  const hostNetwork = alerts.filter(
    ({ rule, entity }) => /host's network/i.test(rule.title) && entity['container.id'] !== undefined,
  )
  expect(tally(hostNetwork.map(({ entity }) => entity['container.id']))).toEqual(
    Object.fromEntries(containers.map((id) => [id, 1])),
  )
  expect(hostNetwork.every(({ count }) => count === 1)).toBe(true)

  expect(findings.some(({ kind, about }) => kind === 'unobserved-interval' && about === 'docker')).toBe(true)
}

function caughtUp(data: string, written: number, containers: readonly string[]): Reader | undefined {
  const reader = openReader(join(data, 'tallyman.db'))
  const seen = reader.totals().sources['kubernetes.audit'] ?? 0
  const known = new Set(reader.containers().map(({ id }) => id))
  if (seen >= written && containers.every((id) => known.has(id))) return reader
  reader.close()
  return undefined
}

function allAlerts(reader: Reader): readonly Alert[] {
  const found: Alert[] = []
  let after: string | undefined
  do {
    const page = reader.alerts({ limit: 500, ...(after === undefined ? {} : { after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return found
}

/** A log that grows by one pod creation at a time, one in ten of them privileged. */
function rotatingLog(file: string, prefix: string, rotateFile: (file: string, n: number) => void) {
  let records = 0
  let rotations = 0
  const pods: string[] = []
  return {
    write() {
      const name = `${prefix}-${records}`
      const privileged = records % 10 === 0
      if (privileged) pods.push(name)
      appendFileSync(
        file,
        `${podCreated({ name, auditID: `${prefix}-${records}`, time: 1_795_200_000_000 + records, privileged })}\n`,
      )
      records += 1
    },
    rotate() {
      rotations += 1
      rotateFile(file, rotations)
    },
    records: () => records,
    expected: () => pods,
  }
}

function tally(names: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[String(name)] = (counts[String(name)] ?? 0) + 1
  return counts
}

/** The same instants in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
