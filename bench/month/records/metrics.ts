import type { Instance } from '../instance.ts'

/** What one container used until now: counters since its start, and gauges. */
export interface Measurement {
  /** Seconds of processor time. */
  readonly cpu: number
  readonly memory: number
  readonly writes: number
  readonly sent: number
  readonly received: number
  readonly processes: number
  /** The same counters when it was asked the time before, and when that was. */
  readonly before: { readonly cpu: number; readonly time: number }
}

/** Samples as a kubelet's cAdvisor exposes them: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function cadvisorLines(time: number, one: Instance, measured: Measurement): readonly string[] {
  const { workload, name, id, uid, release } = one
  const container = workload.role === 'ci' ? 'job' : 'main'
  const group = `/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`
  const image = `${workload.image}:${release.tag}`
  const labels = `container="${container}",id="${group}",image="${image}",name="${id}",namespace="${workload.namespace}",pod="${name}"`
  return [
    `container_cpu_usage_seconds_total{${labels},cpu="total"} ${measured.cpu.toFixed(6)} ${time}`,
    `container_fs_writes_bytes_total{${labels},device="/dev/nvme0n1"} ${Math.round(measured.writes)} ${time}`,
    `container_memory_working_set_bytes{${labels}} ${Math.round(measured.memory)} ${time}`,
  ]
}

const PROCESSORS = 8
/** When the machines were started. */
const BOOTED = Date.UTC(2026, 0, 1)

/** `GET /containers/{id}/stats?stream=false`: https://docs.docker.com/reference/api/engine/ */
export function statsLine(time: number, { name, id }: Instance, measured: Measurement): string {
  const { before } = measured
  const system = (at: number): number => (at - BOOTED) * PROCESSORS * 1e6
  return JSON.stringify({
    read: new Date(time).toISOString(),
    preread: new Date(before.time).toISOString(),
    pids_stats: { current: measured.processes },
    blkio_stats: {
      io_service_bytes_recursive: [{ major: 259, minor: 0, op: 'write', value: Math.round(measured.writes) }],
    },
    num_procs: 0,
    cpu_stats: {
      cpu_usage: { total_usage: Math.round(measured.cpu * 1e9) },
      system_cpu_usage: system(time),
      online_cpus: PROCESSORS,
      throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
    },
    precpu_stats: {
      cpu_usage: { total_usage: Math.round(before.cpu * 1e9) },
      system_cpu_usage: system(before.time),
      online_cpus: PROCESSORS,
    },
    memory_stats: {
      usage: Math.round(measured.memory) + 20_000_000,
      stats: { inactive_file: 20_000_000 },
      limit: 2_147_483_648,
    },
    name: `/${name}`,
    id,
    networks: {
      eth0: { rx_bytes: Math.round(measured.received), tx_bytes: Math.round(measured.sent) },
    },
  })
}
