import { expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

function measured(sample: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  const bytes = Buffer.from(`${JSON.stringify(sample)}\n`)
  const batch = createStreamDecoder(sources, 's', undefined, () => 1_795_168_800_000).push({
    stream: 's',
    offset: 0,
    bytes,
    end: true,
  })
  expect(batch.failures).toEqual([])
  const events = batch.items.flatMap(({ decoded }) => decoded.events.map(({ record }) => Object(record)))
  return Object.fromEntries(events.map((record) => [record['metric.name'], record['metric.value']]))
}

const LINE = {
  CPUPerc: '0.50%',
  MemUsage: '312KiB / 1GiB',
  NetIO: '1.31kB / 0B',
  BlockIO: '4.1MB / 2TB',
  PIDs: '7',
}

test('reads the units that the command line prints', () => {
  expect(measured({ ...LINE, ID: '8e2c6f1b9d20', Name: 'web' })).toEqual({
    container_cpu_usage_ratio: 0.005,
    container_memory_working_set_bytes: 319_488,
    container_spec_memory_limit_bytes: 1_073_741_824,
    container_network_receive_bytes_total: 1310,
    container_network_transmit_bytes_total: 0,
    container_fs_reads_bytes_total: 4_100_000,
    container_fs_writes_bytes_total: 2e12,
    container_processes: 7,
  })
})

test('counts processors used since the sample before, and nothing where there was none', () => {
  const cpu = (total: number, system: number) => ({
    cpu_usage: { total_usage: total },
    system_cpu_usage: system,
    online_cpus: 4,
  })
  const sample = { read: '2026-11-20T10:00:00Z', cpu_stats: cpu(3e9, 8e9), precpu_stats: cpu(2e9, 4e9) }
  expect(measured(sample)['container_cpu_usage_ratio']).toBe(1)
  expect(measured({ ...sample, precpu_stats: { cpu_usage: { total_usage: 0 } } })).not.toHaveProperty(
    'container_cpu_usage_ratio',
  )
  // a container that was started again counts anew
  expect(measured({ ...sample, precpu_stats: cpu(9e9, 4e9) })).not.toHaveProperty('container_cpu_usage_ratio')
})
