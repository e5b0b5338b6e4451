import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createStreamDecoder, sources } from '../../src/sources/index.ts'
import { eventually } from '../daemon.ts'
import { realTest, startDocker } from './engine.ts'
import { importEmptyImage, missingForSensor, recordsIn, startSensor, type SensorRecord } from './sensor.ts'

const ACTS = join(import.meta.dirname, 'file-acts.py')

realTest(
  'looks into files that programs of a container wrote, within it and nowhere else, and sees the kernel’s cryptography asked for',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-written-'))
    const docker = await startDocker()
    const out = join(folder, 'sensor')
    const sensor = startSensor(out)
    const machineId = (): string => spawnSync('cat', ['/etc/machine-id']).stdout.toString()
    const hosts = machineId()
    try {
      await importEmptyImage(docker, 'test/empty:1')
      await sensor.ready
      const volumes = [
        '-v',
        '/usr:/usr:ro',
        '-v',
        '/etc/ld.so.cache:/etc/ld.so.cache:ro',
        '-v',
        `${ACTS}:/acts.py:ro`,
      ]
      const id = (
        await docker.docker(
          'run',
          '-d',
          '--security-opt',
          'seccomp=unconfined',
          ...volumes,
          'test/empty:1',
          'python3',
          '/acts.py',
        )
      ).trim()
      const done = (records: readonly SensorRecord[]): boolean =>
        records.some(
          ({ process }) => (process as { args?: readonly string[] } | undefined)?.args?.[1] === 'the end',
        )
      const records = await eventually(() => {
        const of = recordsIn(out).filter(({ container }) => container === id)
        return done(of) ? of : undefined
      }, 60_000)
      expectContents(records)
      const algorithms = records.filter(({ kind, flags }) => kind === 'call' && String(flags) === 'AF_ALG')
      expect(algorithms[0]).toMatchObject({
        syscall: 'socket',
        args: expect.stringContaining('family=AF_ALG') as string,
      })
      if (algorithms[0]?.['result'] !== undefined && Number(algorithms[0]['result']) >= 0)
        expect(algorithms[1]).toMatchObject({
          syscall: 'bind',
          args: 'type=skcipher name="cbc(aes)" family=AF_ALG',
        })
      // what was another thing by then is told as left out
      const missed = await eventually(() => recordsIn(out).find(({ kind }) => kind === 'unsampled'), 30_000)
      expect(missed).toMatchObject({ reason: expect.stringContaining('gone, or others') as string })
      expect(machineId()).toBe(hosts)
      expectEvents(out)
    } finally {
      expect(await sensor.stop()).toBe(0)
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 300_000, lacking: missingForSensor() },
)

function expectContents(records: readonly SensorRecord[]): void {
  const closed = (path: string) => records.find((each) => each['kind'] === 'close' && each['path'] === path)
  const noise = closed('/tmp/noise.bin')
  expect(noise).toMatchObject({ size: 200_000, sampled: 200_000, magic: 'data' })
  expect(noise?.['entropy']).toBeGreaterThan(7.98)
  expect(noise?.['process']).toMatchObject({ args: ['python3', '/acts.py'] })
  expect(closed('/tmp/letter.txt')).toMatchObject({
    magic: 'text',
    sha256: createHash('sha256').update('nothing to see here\n'.repeat(200)).digest('hex'),
  })
  expect(closed('/tmp/letter.txt')?.['entropy']).toBeLessThan(4)
  expect(closed('/tmp/packed.gz')).toMatchObject({ magic: 'gzip' })
  const large = closed('/tmp/large.bin')
  expect(large).toMatchObject({ size: 2_000_000, sampled: 1024 * 1024 })
  expect(large).not.toHaveProperty('sha256')
  expect(closed('/tmp/redirected')).toMatchObject({ magic: 'script', size: 15 })
  expect(closed('/tmp/finished')).toMatchObject({ magic: 'openssl', size: 508 })
  // by the name that it was opened under
  const own = createHash('sha256').update('the container’s own\n').digest('hex')
  expect(closed('/tmp/root/etc/machine-id')).toMatchObject({ sha256: own })
  expect(closed('/tmp/above/climbed')).toMatchObject({ size: 13 })
  expect(closed('/tmp/swapped')).toBeUndefined()
}

/** As rules see it. */
function expectEvents(out: string): void {
  const bytes = Buffer.from(
    recordsIn(out)
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(''),
  )
  const { items, failures } = createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes,
    end: true,
  })
  expect(failures).toEqual([])
  const events = items.flatMap(({ decoded }) => decoded.events)
  const written = events.filter(({ logsource }) => logsource.category === 'file_written')
  expect(written.map(({ record }) => record)).toContainEqual(
    expect.objectContaining({ TargetFilename: '/tmp/packed.gz', 'file.magic': 'gzip' }),
  )
}
