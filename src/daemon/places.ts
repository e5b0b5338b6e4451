import { parseDocument } from 'yaml'
import type { SourceName } from '../domain/event.ts'

/** Where a machine usually keeps telemetry. */
export interface Place {
  /** The input that reads it; several places of one kind are one input. */
  readonly input: string
  /** How it is read; `unread` for what no source here understands yet. */
  readonly type: 'docker' | 'file' | 'kubernetes' | 'unread'
  /** For people. */
  readonly what: string
  readonly path: string
  /** What is read there; records of other sources are refused. */
  readonly sources?: readonly SourceName[]
  /** Of a folder: only these files. */
  readonly only?: readonly string[]
  /** Told only where it is there: few machines have it. */
  readonly rare?: true
  /** What is known of it beside its being there. */
  readonly note?: string
  /** Why it is read only where the configuration says so. */
  readonly reserved?: string
}

const AUDIT = { input: 'kubernetes-audit', type: 'file', sources: ['kubernetes.audit'] } as const
const FALCO = { input: 'falco', type: 'file', what: 'Falco alerts', sources: ['falco'] } as const
const ZEEK = {
  input: 'zeek',
  type: 'file',
  what: 'Zeek logs',
  sources: [
    'zeek.conn',
    'zeek.ssl',
    'zeek.x509',
    'zeek.dns',
    'zeek.http',
    'zeek.ssh',
    'zeek.files',
    'zeek.notice',
  ],
  only: ['conn.log', 'ssl.log', 'x509.log', 'dns.log', 'http.log', 'ssh.log', 'files.log', 'notice.log'],
} as const
const SURICATA = { input: 'suricata', type: 'file', what: 'Suricata', sources: ['suricata.eve'] } as const
const HUBBLE = {
  input: 'hubble',
  type: 'file',
  what: 'Hubble flows',
  sources: ['hubble'],
  rare: true,
} as const
const OSQUERY = {
  input: 'osquery',
  type: 'file',
  what: 'osquery results',
  sources: ['fim.osquery'],
  rare: true,
} as const
/** It may lead to any cluster, and name a program that is to be run for a token. */
const KUBECONFIG = {
  input: 'kubernetes',
  type: 'kubernetes',
  what: 'kubeconfig',
  rare: true,
  reserved: 'somebody’s own access to a cluster',
} as const
const UNREAD = { type: 'unread', rare: true } as const

/** Places that are the same everywhere. */
export const USUAL_PLACES: readonly Place[] = [
  { input: 'docker', type: 'docker', what: 'Docker Engine', path: '/var/run/docker.sock' },
  { input: 'podman', type: 'docker', what: 'Podman', path: '/run/podman/podman.sock' },
  // https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/, and what distributions make of it
  { ...AUDIT, what: 'Kubernetes audit log', path: '/var/log/kubernetes/audit' },
  { ...AUDIT, what: 'Kubernetes audit log', path: '/var/log/kubernetes/audit.log', rare: true },
  { ...AUDIT, what: 'Kubernetes audit log', path: '/var/log/apiserver/audit.log', rare: true },
  {
    ...AUDIT,
    what: 'k3s audit log',
    path: '/var/lib/rancher/k3s/server/logs/audit.log',
    rare: true,
  },
  {
    ...AUDIT,
    what: 'RKE2 audit log',
    path: '/var/lib/rancher/rke2/server/logs/audit.log',
    rare: true,
  },
  { ...AUDIT, what: 'RKE audit log', path: '/var/log/kube-audit/audit-log.json', rare: true },
  { ...AUDIT, what: 'OpenShift audit log', path: '/var/log/kube-apiserver/audit.log', rare: true },
  { ...AUDIT, what: 'OpenShift audit log', path: '/var/log/openshift-apiserver/audit.log', rare: true },
  { ...AUDIT, what: 'OpenShift audit log', path: '/var/log/oauth-apiserver/audit.log', rare: true },
  { ...AUDIT, what: 'Talos audit log', path: '/var/log/audit/kube', rare: true },
  { ...FALCO, path: '/var/log/falco' },
  { ...FALCO, path: '/var/log/falco.log', rare: true },
  { ...FALCO, path: '/var/log/falco.json', rare: true },
  { ...FALCO, path: '/var/log/falco_events.log', rare: true },
  { ...ZEEK, path: '/opt/zeek/logs/current' },
  { ...ZEEK, path: '/usr/local/zeek/logs/current', rare: true },
  { ...ZEEK, path: '/var/log/zeek/current', rare: true },
  { ...ZEEK, path: '/nsm/zeek/logs/current', rare: true },
  {
    input: 'sensor',
    type: 'file',
    what: 'Tallyman’s own sensor',
    path: '/var/log/tallyman/sensor',
    sources: ['sensor'],
  },
  {
    input: 'tetragon',
    type: 'file',
    what: 'Tetragon events',
    path: '/var/run/cilium/tetragon/tetragon.log',
    sources: ['tetragon'],
    rare: true,
  },
  { ...SURICATA, path: '/var/log/suricata/eve.json' },
  { ...SURICATA, path: '/nsm/suricata/eve.json', rare: true },
  // https://docs.cilium.io/en/stable/observability/hubble/configuration/export/
  { ...HUBBLE, path: '/var/run/cilium/hubble' },
  { ...OSQUERY, path: '/var/log/osquery/osqueryd.results.log' },
  { ...OSQUERY, path: '/var/log/osquery/osqueryd.snapshots.log' },
  {
    input: 'aide',
    type: 'file',
    what: 'AIDE reports',
    path: '/var/log/aide/aide.log',
    sources: ['fim.aide'],
    rare: true,
  },
  {
    input: 'tracee',
    type: 'file',
    what: 'Tracee events',
    path: '/var/log/tracee/events.json',
    sources: ['tracee'],
    rare: true,
  },
  {
    input: 'auditd',
    type: 'file',
    what: 'Linux audit log',
    path: '/var/log/audit/audit.log',
    sources: ['auditd'],
    rare: true,
  },
  {
    input: 'laurel',
    type: 'file',
    what: 'Laurel audit log',
    path: '/var/log/laurel/audit.log',
    sources: ['laurel'],
    rare: true,
  },
  { ...KUBECONFIG, path: '/etc/kubernetes/admin.conf' },
  { ...KUBECONFIG, path: '/etc/rancher/k3s/k3s.yaml' },
  { ...KUBECONFIG, path: '/etc/rancher/rke2/rke2.yaml' },
  { ...UNREAD, input: 'journald', what: 'the systemd journal', path: '/var/log/journal' },
  { ...UNREAD, input: 'journald', what: 'the systemd journal', path: '/run/log/journal' },
]

/** What a look at the machine needs; paths are the machine's own. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  /** A small file's text; undefined where it is not there or may not be read. */
  readonly read: (path: string) => string | undefined
  /** Names in a folder; none where it is not there or may not be read. */
  readonly list: (path: string) => readonly string[]
}

/** Places that environment and settings name, before the usual ones. */
export function placesOf(machine: Machine): readonly Place[] {
  const named = [
    ...userSockets(machine),
    ...clusters(machine),
    ...auditLogs(machine),
    ...falcoOutputs(machine),
  ]
  const taken = new Set(named.map(({ path }) => path))
  return [...named, ...USUAL_PLACES.filter(({ path }) => !taken.has(path))]
}

/** Engines of users (https://docs.docker.com/engine/security/rootless/), and the one that the environment names. */
function* userSockets({ env, list }: Machine): Iterable<Place> {
  const usual = new Set(USUAL_PLACES.map(({ path }) => path))
  const seen = new Set<string>()
  const place = (name: string, what: string, path: string, more: { rare?: true } = {}): Place[] => {
    if (usual.has(path) || seen.has(path)) return []
    seen.add(path)
    return [{ input: name, type: 'docker', what, path, ...more }]
  }
  const host = /^unix:\/\/(\/.+)$/.exec(env['DOCKER_HOST'] ?? '')?.[1]
  if (host !== undefined && host !== '/run/docker.sock')
    yield* place('docker-host', 'engine of DOCKER_HOST', host)
  const users = list('/run/user').filter((uid) => /^\d+$/.test(uid))
  const own = env['XDG_RUNTIME_DIR']
  const folders = [
    ...(own?.startsWith('/') === true ? [{ folder: own, suffix: 'rootless' }] : []),
    ...users.map((uid) => ({ folder: `/run/user/${uid}`, suffix: `rootless-${uid}` })),
  ]
  for (const { folder, suffix } of folders) {
    yield* place(`docker-${suffix}`, 'rootless Docker', `${folder}/docker.sock`, { rare: true })
    yield* place(`podman-${suffix}`, 'rootless Podman', `${folder}/podman/podman.sock`, { rare: true })
  }
  const home = env['HOME']
  if (home?.startsWith('/') !== true) return
  for (const path of ['.docker/run/docker.sock', '.docker/desktop/docker.sock'])
    yield* place('docker-desktop', 'Docker Desktop', `${home}/${path}`, { rare: true })
  yield* place('colima', 'Colima', `${home}/.colima/default/docker.sock`, { rare: true })
}

/** Where a pod finds the token of its service account. */
export const ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** The cluster that this runs in, whose account an administrator gave to this pod; and kubeconfigs of people. */
function* clusters({ env }: Machine): Iterable<Place> {
  if (env['KUBERNETES_SERVICE_HOST'] !== undefined)
    yield {
      input: 'kubernetes',
      type: 'kubernetes',
      what: 'Kubernetes API, as this pod’s service account',
      path: ACCOUNT_TOKEN,
      rare: true,
    }
  const named = (env['KUBECONFIG'] ?? '').split(':').filter((path) => path.startsWith('/'))
  const home = env['HOME']
  const own = home?.startsWith('/') === true ? [`${home}/.kube/config`] : []
  for (const path of new Set([...named, ...own])) yield { ...KUBECONFIG, path }
}

/** Settings in which an API server is told where its audit log goes. */
const API_SERVER_SETTINGS = [
  { what: 'Kubernetes audit log', path: '/etc/kubernetes/manifests/kube-apiserver.yaml' },
  { what: 'k3s audit log', path: '/etc/rancher/k3s/config.yaml' },
  { what: 'RKE2 audit log', path: '/etc/rancher/rke2/config.yaml' },
  { what: 'MicroK8s audit log', path: '/var/snap/microk8s/current/args/kube-apiserver' },
]

function* auditLogs({ read }: Machine): Iterable<Place> {
  for (const { what, path: settings } of API_SERVER_SETTINGS) {
    const text = read(settings)
    if (text === undefined) continue
    const path = /audit-log-path[=:\s]+["']?([^\s"',\]]+)/.exec(text)?.[1]
    if (path?.startsWith('/') !== true) continue
    yield { ...AUDIT, what, path: onHost(path, text), note: `named in ${settings}` }
  }
}

/** A static pod's path of a file, as the machine sees it: through the volume that is mounted over it. */
function onHost(path: string, manifest: string): string {
  const { spec } = objectOf(contentOf(manifest))
  const { containers, volumes } = objectOf(spec)
  for (const container of listOf(containers)) {
    for (const { mountPath, name } of listOf(container['volumeMounts'])) {
      if (typeof mountPath !== 'string' || !(path === mountPath || path.startsWith(`${mountPath}/`))) continue
      const volume = listOf(volumes).find((each) => each['name'] === name)
      const source = objectOf(volume?.['hostPath'])['path']
      if (typeof source === 'string') return source + path.slice(mountPath.length)
    }
  }
  return path
}

/** https://falco.org/docs/reference/daemon/config-options/ */
function* falcoOutputs({ read, list }: Machine): Iterable<Place> {
  const more = list('/etc/falco/config.d').map((name) => `/etc/falco/config.d/${name}`)
  for (const settings of ['/etc/falco/falco.yaml', ...more]) {
    const content = objectOf(contentOf(read(settings) ?? ''))
    const { enabled, filename } = objectOf(content['file_output'])
    if (enabled !== true || typeof filename !== 'string') continue
    const json = content['json_output'] !== false
    yield {
      ...FALCO,
      // relative to where Falco was started, which a service does in the root
      path: filename.startsWith('/') ? filename : `/${filename.replace(/^(?:\.\/)+/, '')}`,
      note: json
        ? `named in ${settings}`
        : `named in ${settings}; set json_output: true there, for text is not read`,
    }
  }
}

function contentOf(text: string): unknown {
  try {
    return parseDocument(text, { uniqueKeys: false, logLevel: 'silent' }).toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}
