import { posix } from 'node:path'

/**
 * What a piece of the host gives to whoever can see it. Mounting a parent gives all that is below;
 * a child gives something only if it is itself listed (so `/etc/localtime` and a project below `/home` do not).
 */
const EXPOSURES = {
  'host-root': ['/'],
  'runtime-socket': [
    '/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/run/crio/crio.sock',
    '/run/cri-dockerd.sock',
    '/run/dockershim.sock',
    '/run/podman/podman.sock',
    '/run/k3s/containerd/containerd.sock',
    '/var/snap/microk8s/common/run/containerd.sock',
  ],
  'host-configuration': ['/etc'],
  credentials: [
    '/root',
    '/home',
    '/root/.ssh',
    '/etc/shadow',
    '/etc/kubernetes',
    '/etc/kubernetes/pki',
    '/etc/kubernetes/admin.conf',
    '/var/lib/kubelet',
    '/var/lib/kubelet/pki',
    '/etc/ssh',
    '/etc/ssl/private',
  ],
  persistence: [
    '/etc/cron.d',
    '/etc/cron.daily',
    '/etc/cron.hourly',
    '/etc/cron.weekly',
    '/etc/cron.monthly',
    '/etc/crontab',
    '/var/spool/cron',
    '/etc/ld.so.preload',
    '/etc/systemd',
    '/etc/systemd/system',
    '/etc/kubernetes/manifests',
    '/etc/profile.d',
    '/etc/init.d',
  ],
  kernel: [
    '/proc',
    '/sys',
    '/sys/fs/cgroup',
    '/sys/fs/bpf',
    '/sys/kernel/debug',
    '/dev',
    '/boot',
    '/lib/modules',
    '/usr/lib/modules',
  ],
  programs: [
    '/usr',
    '/bin',
    '/sbin',
    '/lib',
    '/lib64',
    '/usr/bin',
    '/usr/sbin',
    '/usr/lib',
    '/usr/local/bin',
  ],
  logs: ['/var/log', '/var/log/audit', '/var/log/journal', '/var/log/pods', '/var/log/containers'],
  'engine-data': [
    '/var/lib/docker',
    '/var/lib/containerd',
    '/var/lib/containers',
    '/run/containerd',
    '/run/docker',
  ],
  'runtime-directory': ['/run'],
  'sensor-configuration': [
    '/etc/falco',
    '/etc/audit',
    '/etc/tetragon',
    '/etc/suricata',
    '/opt/zeek/etc',
    '/etc/osquery',
    '/var/ossec',
  ],
  'trust-store': [
    '/etc/ssl',
    '/etc/ssl/certs',
    '/etc/pki',
    '/etc/pki/ca-trust',
    '/etc/pki/tls/certs',
    '/usr/share/ca-certificates',
    '/usr/local/share/ca-certificates',
    '/etc/ca-certificates',
    '/var/lib/ca-certificates',
  ],
} as const

export type Exposure = keyof typeof EXPOSURES | 'socket'
export const EXPOSURE_NAMES = [...Object.keys(EXPOSURES), 'socket'] as readonly Exposure[]

const BY_PATH = Object.entries(EXPOSURES).flatMap(([exposure, paths]) =>
  paths.map((path) => ({ path: path as string, exposure: exposure as Exposure })),
)
const HOME_SECRETS = /^\/(?:home\/[^/]+|root)\/\.(?:ssh|aws|kube|docker|gnupg|azure|config\/gcloud)$/

/** The path without `..`, doubled slashes and a slash at the end, with `/var/run` read as `/run`, which it links to. */
export function normalizeHostPath(path: string): string {
  const normal = posix.normalize(path)
  const trimmed = normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
  return trimmed === '/var/run' || trimmed.startsWith('/var/run/') ? trimmed.slice('/var'.length) : trimmed
}

/** What mounting `path` of the host exposes: see `EXPOSURES`. An empty list for an ordinary folder. */
export function exposuresOf(path: string): readonly Exposure[] {
  const source = normalizeHostPath(path)
  const below = source === '/' ? '/' : `${source}/`
  const found = new Set<Exposure>()
  for (const listed of BY_PATH) {
    if (listed.path === source || listed.path.startsWith(below)) found.add(listed.exposure)
  }
  // /var holds the link to /run
  if (source === '/var') for (const name of ['runtime-socket', 'runtime-directory'] as const) found.add(name)
  if (HOME_SECRETS.test(source)) found.add('credentials')
  if (source.endsWith('.sock') && !found.has('runtime-socket')) found.add('socket')
  if (/\/(?:docker|containerd|crio|podman)\.sock$/.test(source)) {
    found.delete('socket')
    found.add('runtime-socket')
  }
  return [...found]
}
