import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { eventually } from '../daemon.ts'
import { realTest, startDocker } from './engine.ts'
import { importEmptyImage, missingForSensor, recordsIn, startSensor, type SensorRecord } from './sensor.ts'

const LAUNCHER = resolve(import.meta.dirname, '../../bin/tallyman')

realTest(
  'is not misled by processes that start no program, nor by other names of files and addresses',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-hidden-'))
    const docker = await startDocker()
    const out = join(folder, 'sensor')
    const sensor = startSensor(out)
    try {
      await importEmptyImage(docker, 'test/empty:1')
      await sensor.ready
      const acts = `${join(import.meta.dirname, 'hidden-acts.py')}:/acts.py:ro`
      const volumes = ['-v', '/usr:/usr:ro', '-v', '/etc/ld.so.cache:/etc/ld.so.cache:ro', '-v', acts]
      const words = ['run', '-d', '--network', 'none', ...volumes, 'test/empty:1', 'python3', '/acts.py']
      const id = (await docker.docker(...words)).trim()
      await docker.docker('wait', id)
      const records = await eventually(() => {
        const of = recordsIn(out).filter(({ container }) => container === id)
        return of.some(({ path }) => path === '/tmp/end') ? of : undefined
      }, 60_000)
      expectAll(records)
    } finally {
      expect(await sensor.stop()).toBe(0)
      await docker.stop()
    }
    try {
      // neither the container's doubles nor what its runtime did is in doubt
      expect(recordsIn(out).filter(({ unresolved }) => unresolved !== undefined)).toEqual([])
      expect(alerts(out)).toContain("Process in a container connected to a container runtime's socket")
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 300_000, lacking: missingForSensor() },
)

function expectAll(records: readonly SensorRecord[]): void {
  const paths = (wanted: string): readonly unknown[] =>
    records.filter(({ kind }) => kind === wanted).map(({ path }) => path)
  expect(paths('write').map(String).toSorted()).toEqual(
    [
      '/tmp/grandchild',
      '/tmp/deep',
      '/tmp/orphan',
      '/tmp/nested',
      '/tmp/nested-twice',
      '/tmp/through-root',
      '/tmp/through-number',
      '/tmp/end',
    ].toSorted(),
  )
  expect(paths('rename')).toEqual(['/tmp/renamed'])
  const deep = records.find(({ path }) => path === '/tmp/deep')
  expect(deep?.['ancestors']).toMatchObject([
    ...Array.from({ length: 4 }, () => ({ args: ['python3', '/acts.py'] })),
    { executable: expect.stringContaining('containerd-shim') },
  ])
  expect(records.filter(({ kind, family }) => kind === 'connect' && family !== 'unix')).toMatchObject([
    { family: 'ipv4', address: '127.0.0.1', port: 9 },
  ])
  const sockets = ['/var/run/docker.sock', '/var/run/docker.sock', '/var/run/docker.sock', '@docker.sock']
  expect(paths('connect').filter((path) => path !== undefined)).toEqual(sockets)
  expect(paths('listen')).toEqual(['/var/run/docker.sock', '@docker.sock'])
  expect(records.flatMap(({ truncated }) => truncated ?? [])).toEqual([])
}

/** Titles of the shipped rules that match. */
function alerts(path: string): readonly string[] {
  const words = ['scan', '--json', path]
  let text = ''
  try {
    text = execFileSync(LAUNCHER, words, { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  } catch (cause) {
    // it exits 1 where there are alerts
    text = String((cause as { stdout?: Buffer }).stdout)
  }
  return text
    .trim()
    .split('\n')
    .map((line) => String((JSON.parse(line) as { rule?: { title?: string } }).rule?.title))
}
