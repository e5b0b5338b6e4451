import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { podCreated } from './audit.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'
import { post } from './http-input.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

let folder: string
let daemons: Daemon[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-otlp-daemon-'))
  daemons = []
})
afterEach(async () => {
  for (const daemon of daemons) await daemon.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<{ daemon: Daemon; send: (body: string) => ReturnType<typeof post> }> {
  const [config, data] = [join(folder, 'tallyman.yaml'), join(folder, 'data')]
  writeFileSync(config, 'inputs:\n  - { type: http, name: otel, port: 0 }\n')
  const daemon = startDaemon(data, config)
  daemons.push(daemon)
  const url = await eventually(() => /telemetry at (\S+);/.exec(daemon.printed())?.[1], PATIENCE)
  const token = readFileSync(join(data, 'otel.token'), 'utf8').trim()
  return { daemon, send: (body) => post({ url, token }, body, { path: '/v1/logs' }) }
}

/** What a collector sends of lines that it read on a node. */
const request = (host: string, ...lines: readonly string[]): string =>
  JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'host.name', value: { stringValue: host } }] },
        scopeLogs: [{ logRecords: lines.map((line) => ({ body: { stringValue: line } })) }],
      },
    ],
  })

const falco = (shell: string): string =>
  JSON.stringify({
    time: new Date().toISOString(),
    rule: 'Terminal shell in container',
    priority: 'Notice',
    source: 'syscall',
    output: 'A shell was spawned in a container',
    output_fields: {
      'evt.time': Date.now() * 1e6,
      'container.id': 'c'.repeat(12),
      'proc.name': shell,
      'proc.cmdline': shell,
    },
  })

it('records of any source, between lines that none knows, are evaluated once, through a kill', async () => {
  const { daemon, send } = await start()
  const audit = podCreated({ name: 'a', auditID: 'a', time: Date.now(), privileged: true })
  const whole = request('node-1', audit, 'a line that nobody knows', falco('bash'), '{"broken', '')
  expect(await send(whole)).toMatchObject({
    status: 200,
    body: { partialSuccess: { rejectedLogRecords: '1' } },
  })
  const totals = async (of: Daemon) => (await of.ask('/api/totals')).body
  expect(await totals(daemon)).toMatchObject({ records: 5, evaluated: 2, failed: 3 })
  await daemon.kill('SIGKILL')

  const again = await start()
  expect(await again.send(whole)).toMatchObject({ status: 200 })
  expect(await totals(again.daemon)).toMatchObject({ evaluated: 2, duplicates: 4, failed: 3 })
  // another batch holds a record that was sent before, and one that was not
  const other = podCreated({ name: 'b', auditID: 'b', time: Date.now(), privileged: true })
  expect(await again.send(request('node-2', audit, other))).toMatchObject({ status: 200, body: {} })
  expect(await totals(again.daemon)).toMatchObject({ evaluated: 3, duplicates: 5 })
})
