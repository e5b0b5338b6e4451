import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { podCreated } from './audit.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'
import { connected, counted, sendDatagrams } from './syslog-input.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

let folder: string
let daemons: Daemon[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-syslog-daemon-'))
  daemons = []
})
afterEach(async () => {
  for (const daemon of daemons) await daemon.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function start(input: string): Promise<{ daemon: Daemon; port: number }> {
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(config, `inputs:\n  - ${input}\n`)
  const daemon = startDaemon(join(folder, 'data'), config)
  daemons.push(daemon)
  const port = await eventually(
    () => /takes syslog at \w+:\/\/\S+:(\d+)/.exec(daemon.printed())?.[1],
    PATIENCE,
  )
  return { daemon, port: Number(port) }
}

const totals = async (daemon: Daemon) =>
  (await daemon.ask('/api/totals')).body as Readonly<Record<'records' | 'evaluated' | 'failed', number>>
const reaches = (daemon: Daemon, records: number) =>
  eventually(async () => {
    const now = await totals(daemon)
    return now.records >= records ? now : undefined
  }, PATIENCE)

const BEGUN = Date.now()
const audit = (name: string): string =>
  `<13>Nov 21 10:00:00 control kube-apiserver: ${podCreated({ name, auditID: name, time: BEGUN, privileged: true })}`
const TCP = '{ type: syslog, name: net, transport: tcp, port: 0, zone: Europe/Berlin }'

it('what messages carry is evaluated, between others that no source knows, and goes on after a kill', async () => {
  const { daemon, port } = await start(TCP)
  const socket = await connected(port)
  // far more than is read of a file that nobody knows
  const others = Array.from(
    { length: 1_500 },
    (_, n) => `<86>Nov 21 10:00:00 web sshd[${n}]: a session opened`,
  )
  socket.write(others.map((message) => `${message}\n`).join(''))
  socket.write(counted(audit('a')))
  socket.write('<13>Nov 21 10:00:00 web app: {"broken\n[{"open":1}\n')
  socket.write(counted(audit('b')))
  expect(await reaches(daemon, 1_505)).toMatchObject({ records: 1_505, evaluated: 2, failed: 1_503 })
  await daemon.kill('SIGKILL')
  socket.destroy()

  const again = await start(TCP)
  const second = await connected(again.port)
  second.end(`${audit('b')}\n${audit('c')}`)
  expect(await reaches(again.daemon, 1_507)).toMatchObject({ evaluated: 3, duplicates: 1, failed: 1_503 })
  const { body } = await again.daemon.ask('/api/findings')
  expect(JSON.stringify(body)).toContain('nobody listened for syslog')
  expect(await again.daemon.kill('SIGTERM')).toBe(0)
})

it('everything that a stop interrupts is committed, or counted', async () => {
  const { daemon, port } = await start(TCP)
  const socket = await connected(port)
  socket.write(`${audit('a')}\n${audit('b')}\n<13>half`)
  await reaches(daemon, 2)
  expect(await daemon.kill('SIGTERM')).toBe(0)
  socket.destroy()
  const again = await start(TCP)
  expect(await totals(again.daemon)).toMatchObject({ records: 3, evaluated: 2, failed: 1 })
})

it('speaks as the sources that are named alone, and senders are shown', async () => {
  const { daemon, port } = await start(
    '{ type: syslog, name: net, transport: udp, port: 0, sources: [network.device] }',
  )
  await sendDatagrams(port, [
    `<189>Nov 21 10:00:00 edge-1 29: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.7)`,
    audit('not a device'),
  ])
  expect(await reaches(daemon, 2)).toMatchObject({ evaluated: 1, failed: 1 })
  const status = await eventually(async () => {
    const { inputs } = (await daemon.ask('/api/status')).body as {
      inputs: { type: string; senders: unknown[] }[]
    }
    return inputs[0]?.senders.length === 1 ? inputs[0] : undefined
  })
  expect(status).toMatchObject({ type: 'syslog', senders: [{ name: '127.0.0.1', committed: 2 }] })
})

it('a sender that is cut and comes again loses nothing that was taken', async () => {
  const { daemon, port } = await start(TCP)
  const names = Array.from({ length: 300 }, (_, n) => `pod-${n}`)
  for (let at = 0; at < names.length; at += 50) {
    const socket = await connected(port)
    const whole = names.slice(at, at + 50).map((name) => counted(audit(name)))
    await new Promise<void>((resolve) => {
      socket.write(`${whole.join('')}4000 <13>cut`, () => resolve())
    })
    // once the kernel on the other side has it all, the rest is cut without a farewell
    await reaches(daemon, at + 50 + at / 50)
    socket.resetAndDestroy()
    await once(socket, 'close')
  }
  expect(await reaches(daemon, 306)).toMatchObject({ evaluated: 300, failed: 6 })
})
