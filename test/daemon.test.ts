import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { podCreated } from './audit.ts'
import { startDaemon } from './daemon.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
let folder: string
let config: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-daemon-'))
  writeFileSync(
    join(folder, 'audit.log'),
    `${podCreated({ name: 'a', auditID: 'a', time: 1_795_200_000_000, privileged: true })}\n`,
  )
  config = join(folder, 'tallyman.yaml')
  writeFileSync(config, `inputs:\n  - { type: file, name: audit, paths: [${join(folder, 'audit.log')}] }\n`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('a port that is taken is told, and the daemon ends with 2', async () => {
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const daemon = startDaemon(join(folder, 'data'), config, ['--port', String(port)])
  const [code] = (await once(daemon.process, 'exit')) as [number]
  taken.close()
  expect(code).toBe(2)
  expect(daemon.printed()).toMatch(/cannot listen on 127\.0\.0\.1:\d+[\s\S]*mend: name another port/)
})

it('a login link of the command line opens a session, once', async () => {
  const data = join(folder, 'data')
  const daemon = startDaemon(data, config)
  await daemon.url()
  const child = spawn(LAUNCHER, ['login', '--config', config, '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let link = ''
  for await (const chunk of child.stdout) link += String(chunk)
  const first = await fetch(link.trim(), { redirect: 'manual' })
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
  const key = /url=\/#key=([\w-]{43})"/.exec(await first.text())?.[1] ?? ''
  expect(first.status).toBe(200)
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(new URL('/api/status', link), { headers })).status
  expect(await status({ cookie, 'x-tallyman-key': key })).toBe(200)
  expect(await status({ cookie })).toBe(401)
  expect((await fetch(link.trim(), { redirect: 'manual' })).status).toBe(401)
  expect(await daemon.kill('SIGTERM')).toBe(0)
  expect(daemon.printed()).toContain('stopped')
})

it('a reader that closes the pipe early is no failure, and a full device is told', async () => {
  const scan = (redirect: string): Promise<{ code: number; err: string }> =>
    shell(`${LAUNCHER} scan --json ${folder}/audit.log ${redirect}`)
  expect((await shell(`${LAUNCHER} scan --help | head -1`)).err).toBe('')
  expect(await scan('>/dev/full')).toEqual({
    code: 2,
    err: expect.stringContaining('cannot write its output'),
  })
})

async function shell(command: string): Promise<{ code: number; err: string }> {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  for await (const chunk of child.stderr) err += String(chunk)
  if (child.exitCode === null) await once(child, 'exit')
  return { code: child.exitCode ?? -1, err }
}
