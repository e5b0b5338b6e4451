import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DiscoveryItem } from '../src/daemon/discovery-view.ts'
import type { StatusView } from '../src/daemon/status.ts'
import { podCreated } from './audit.ts'
import { eventually, startDaemon } from './daemon.ts'
import { realTest } from './real/engine.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
const NOBODY = 65_534
let folder: string
let root: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-discovery-'))
  root = join(folder, 'root')
  mkdirSync(root)
  writeFileSync(join(folder, 'tallyman.yaml'), '{}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(path: string, content: string): void {
  mkdirSync(join(root, dirname(path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

const pod = (name: string): string =>
  `${podCreated({ name, auditID: name, time: 1_795_200_000_000, privileged: true })}\n`

it('a start without configuration reads what is there, and what comes later as soon as it comes', async () => {
  file('/var/log/kubernetes/audit/audit.log', pod('early'))
  file('/var/log/journal/0/system.journal', '')
  const daemon = startDaemon(join(folder, 'data'), join(folder, 'tallyman.yaml'), ['--host-root', root])
  try {
    await daemon.url()
    const records = (input: string): Promise<number | undefined> =>
      daemon.ask('/api/status').then(({ body }) => {
        const found = (body as StatusView).inputs.find(({ name }) => name === input)
        return found?.state === 'reading' && found.records > 0 ? found.records : undefined
      })
    expect(await eventually(() => records('kubernetes-audit'))).toBe(1)
    const words = daemon.printed()
    expect(words).toContain(`found and reading: Kubernetes audit log (${root}/var/log/kubernetes/audit)`)
    expect(words).toContain('there too, not read yet: the systemd journal\n')
    expect(words).toContain('read as soon as they are there: Docker Engine, Podman, Falco alerts, Zeek logs')

    const states = async (): Promise<Record<string, string>> => {
      const { items } = (await daemon.ask('/api/discovery')).body as { items: DiscoveryItem[] }
      return Object.fromEntries(items.map(({ path, state }) => [path.slice(root.length), state]))
    }
    expect(await states()).toMatchObject({
      '/var/log/kubernetes/audit': 'reading',
      '/var/log/journal': 'found',
      '/var/log/falco': 'absent',
    })
    const alert = { priority: 'Notice', rule: 'R', time: '2026-11-20T10:00:00Z', output_fields: {} }
    file('/var/log/falco/events.json', `${JSON.stringify(alert)}\n`)
    expect(await eventually(() => records('falco'))).toBe(1)
    expect(await states()).toMatchObject({ '/var/log/falco': 'reading' })
  } finally {
    await daemon.kill('SIGTERM')
  }
})

it('prints places, and a configuration to keep', () => {
  file('/var/log/kubernetes/audit/audit.log', pod('early'))
  const items = discovered([])
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DiscoveryItem)
  expect(items[0]).toEqual({
    what: 'Kubernetes audit log',
    path: join(root, 'var/log/kubernetes/audit'),
    state: 'reading',
    message: 'found',
  })
  const config = join(folder, 'kept.yaml')
  writeFileSync(config, discovered(['--yaml']))
  const checked = spawnSync(LAUNCHER, ['config', 'check', '--config', config], { encoding: 'utf8' })
  expect([checked.status, checked.stdout]).toEqual([0, ''])
})

realTest(
  'what may not be read is told with its mend',
  async () => {
    file('/var/log/falco.log', '')
    chmodSync(join(root, 'var/log/falco.log'), 0o600)
    chmodSync(folder, 0o755)
    const child = spawn(LAUNCHER, ['discover', '--host-root', root, '--json'], {
      uid: NOBODY,
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: '/',
    })
    let printed = ''
    for await (const chunk of child.stdout) printed += String(chunk)
    expect(printed).toContain(
      `"path":"${root}/var/log/falco.log","state":"unreadable","message":"permission denied: run as a user that may read it (root)"`,
    )
  },
  { lacking: process.getuid?.() === 0 ? [] : ['root'] },
)

function discovered(words: readonly string[]): string {
  const { stdout, status } = spawnSync(LAUNCHER, ['discover', '--host-root', root, ...words], {
    encoding: 'utf8',
    cwd: folder,
  })
  expect(status).toBe(0)
  return stdout
}
