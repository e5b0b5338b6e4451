import { posix } from 'node:path'

/**
 * What a piece of the host gives to whoever can see it. Mounting a parent gives all that is below;
 * a child gives something only if it is itself listed (so `/etc/localtime` and a project below `/home` do not).
 * `accounts` counts for writing alone: many images read the host's names of users from a mounted `/etc/passwd`.
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
  'host-configuration': ['/etc', '/etc/docker', '/etc/containerd', '/etc/cni', '/etc/cni/net.d'],
  accounts: ['/etc/passwd', '/etc/group'],
  credentials: [
    '/root',
    '/home',
    '/root/.ssh',
    '/etc/shadow',
    '/etc/gshadow',
    '/etc/kubernetes',
    '/etc/kubernetes/pki',
    '/etc/kubernetes/admin.conf',
    '/var/lib/kubelet',
    '/var/lib/kubelet/pki',
    '/var/lib/kubelet/pods',
    '/var/lib/etcd',
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
    '/etc/rc.local',
    '/etc/sudoers',
    '/etc/sudoers.d',
    '/root/.ssh/authorized_keys',
    '/opt/cni/bin',
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
    '/var/lib/docker/overlay2',
    '/var/lib/docker/volumes',
    '/var/lib/docker/containers',
    '/var/lib/containerd',
    '/var/lib/containers',
    '/var/lib/containers/storage',
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

const BY_PATH = Object.entries(EXPOSURES).flatMap(([exposure, paths]) =>
  paths.map((path) => ({ path: path as string, exposure: exposure as Exposure })),
)

/**
 * Paths with a part that has no fixed name, and paths that only count where they are mounted themselves: the
 * folders of units and of plug-ins are `programs` to `/usr` and `/lib`, whose reading gives nothing more away.
 */
const PATTERNS: readonly (readonly [RegExp, Exposure])[] = [
  [/^\/(?:home\/[^/]+|root)\/\.(?:ssh|aws|kube|docker|gnupg|azure|config\/gcloud)$/, 'credentials'],
  [/^\/home(?:\/[^/]+\/\.ssh(?:\/authorized_keys)?)?$/, 'persistence'],
  [/^\/(?:usr\/)?lib\/systemd(?:\/system)?$/, 'persistence'],
  [/^\/usr\/libexec\/kubernetes(?:\/kubelet-plugins(?:\/|$)|$)/, 'persistence'],
  [/^\/proc\/(?:\d+|self|thread-self|sys|sysrq-trigger|kcore)(?:\/|$)/, 'kernel'],
  [/^\/sys\/kernel(?:\/(?:debug|security|tracing)(?:\/|$)|$)/, 'kernel'],
  [/^\/var\/lib\/docker\/overlay2\//, 'engine-data'],
]
const PROCESS_LINKS = /^(?:\/proc\/(?:\d+|self|thread-self)(?:\/task\/\d+)?\/(?:root|cwd))+(?=\/|$)/

/**
 * The path without `..`, doubled slashes and a slash at the end, with links read as what they lead to: `/var/run`
 * as `/run`, and the root and working directory of a process as the host's root, which they are for init and for
 * an engine and may be for any other.
 */
export function normalizeHostPath(path: string): string {
  const normal = posix.normalize(path)
  const trimmed = normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
  const followed = trimmed.replace(PROCESS_LINKS, '') || '/'
  return followed === '/var/run' || followed.startsWith('/var/run/')
    ? followed.slice('/var'.length)
    : followed
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
  for (const [pattern, exposure] of PATTERNS) if (pattern.test(source)) found.add(exposure)
  if (source.endsWith('.sock') && !found.has('runtime-socket')) found.add('socket')
  if (/\/(?:docker|containerd|crio|podman)\.sock$/.test(source)) {
    found.delete('socket')
    found.add('runtime-socket')
  }
  return [...found]
}
