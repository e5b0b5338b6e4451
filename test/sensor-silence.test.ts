import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { FindingView } from '../src/domain/alert-view.ts'
import type { StatusView } from '../src/daemon/status.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-silence-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function line(run: string, seq: number, time: number, body: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ sensor: 1, run, seq, time: new Date(time).toISOString(), host: 'node-1', ...body })}\n`
}

it(
  'tells that a sensor is dead while it is, past a restart, until it is back',
  { timeout: 180_000 },
  async () => {
    const out = join(folder, 'sensor')
    mkdirSync(out)
    const file = join(out, 'sensor-20261121T100000.000Z.ndjson')
    const began = Date.now()
    const last = new Date(began + 1).toISOString()
    writeFileSync(file, line('boot:1', 0, began, { kind: 'start', interval: 500 }))
    appendFileSync(file, line('boot:1', 1, began + 1, { kind: 'heartbeat' }))
    const config = join(folder, 'tallyman.yaml')
    writeFileSync(config, `inputs:\n  - { type: file, name: kernel, paths: [${out}] }\n`)
    const data = join(folder, 'data')
    let daemon = startDaemon(data, config)
    try {
      await daemon.url()
      const first = await silence(daemon, () => true)
      expect(first).toMatchObject({ kind: 'unobserved-interval', about: 'kernel', since: last })
      const grown = await silence(daemon, ({ until }) => until > first.until)
      expect(grown.id).toBe(first.id)
      const { body } = await daemon.ask('/api/status')
      const [input] = (body as StatusView).inputs
      expect(input?.gaps).toMatchObject([{ id: first.id, since: last }])
      const doctor = spawnSync(LAUNCHER, ['doctor', '--config', config, '--data', data, '--json'])
      expect(doctor.stdout.toString()).toContain('nothing is heard of the sensor')

      await daemon.kill('SIGKILL')
      const down = new Date().toISOString()
      daemon = startDaemon(data, config)
      await daemon.url()
      const after = await silence(daemon, ({ until }) => until > down)
      expect(after).toMatchObject({ id: first.id, since: last })

      const again = Date.now()
      const previous = { run: 'boot:1', seq: 1, time: last, stopped: false }
      const next = join(out, 'sensor-20261121T110000.000Z.ndjson')
      writeFileSync(next, line('boot:2', 0, again, { kind: 'start', interval: 3_600_000, previous }))
      await eventually(async () => {
        const { body } = await daemon.ask('/api/status')
        return (body as StatusView).inputs[0]?.records === 1 ? true : undefined
      })
      const closed = await silence(daemon, () => true)
      expect(closed.id).toBe(first.id)
      expect(Math.abs(Date.parse(closed.until) - again)).toBeLessThan(2_000)
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      expect(await silence(daemon, () => true)).toEqual(closed)
    } finally {
      await daemon.kill('SIGTERM')
    }
  },
)

/** The only finding, once it is as asked. */
async function silence(daemon: Daemon, is: (finding: FindingView) => boolean): Promise<FindingView> {
  return eventually(
    async () => {
      const { body } = await daemon.ask('/api/findings')
      const found = (body as { readonly items: readonly FindingView[] }).items
      // what strategies conclude of it is told elsewhere
      const items = found.filter(({ kind }) => kind !== 'coverage-lost')
      expect(items.length).toBeLessThan(2)
      return items.find(is)
    },
    60_000,
    'the finding',
  )
}
