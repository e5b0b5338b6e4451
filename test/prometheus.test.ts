import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

const CADVISOR = readFileSync(
  join(import.meta.dirname, '../src/sources/fixtures/cadvisor/documented.prom'),
  'utf8',
)
  .split('\n')
  // samples of this scrape: without a time of their own
  .map((line) => line.replace(/ \d{13}$/, ''))
  .join('\n')

let folder: string
let daemons: Daemon[]
let server: Server
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-scrape-daemon-'))
  daemons = []
  server = createServer((_, response) => {
    const foreign =
      '{"rule":"x","output":"y","output_fields":{},"priority":"Notice","time":"2026-11-21T10:00:00Z"}'
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${CADVISOR}\n${foreign}\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  for (const daemon of daemons) await daemon.kill('SIGKILL')
  server.closeAllConnections()
  if (server.listening) await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

function start(port: number): Daemon {
  const config = join(folder, 'tallyman.yaml')
  const input = `{ type: prometheus, name: metrics, urls: ['http://127.0.0.1:${port}/metrics'], interval: 1s }`
  writeFileSync(config, `inputs:\n  - ${input}\n`)
  const daemon = startDaemon(join(folder, 'data'), config)
  daemons.push(daemon)
  return daemon
}

it('what is scraped is evaluated, speaks as nothing else, and what is missed is told, through a kill', async () => {
  const { port } = server.address() as AddressInfo
  const totals = async (daemon: Daemon) => {
    await daemon.url()
    const { body } = await daemon.ask('/api/totals')
    return body as { evaluated: number; failed: number; duplicates: number }
  }
  const samples = CADVISOR.split('\n').filter((line) => line !== '').length
  const first = start(port)
  const before = await eventually(async () => {
    const now = await totals(first)
    return now.evaluated >= 2 * samples ? now : undefined
  }, PATIENCE)
  // each answer's line of another sensor is refused
  expect(before.evaluated).toBe(before.failed * samples)
  expect(before.duplicates).toBe(0)
  await first.kill('SIGKILL')

  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const again = start(port)
  await again.url()
  const findings = async () => JSON.stringify((await again.ask('/api/findings')).body)
  await eventually(async () => ((await findings()).includes('was not scraped') ? true : undefined), PATIENCE)
  expect(await findings()).toContain('ECONNREFUSED')
  const missed = await totals(again)
  server.listen(port, '127.0.0.1')
  await eventually(
    async () => ((await totals(again)).evaluated > missed.evaluated ? true : undefined),
    PATIENCE,
  )
  expect((await totals(again)).duplicates).toBe(0)
})
