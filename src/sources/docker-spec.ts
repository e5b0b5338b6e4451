import { capabilities, hostPaths } from './container-spec.ts'
import type { ContainerSpec, SpecMount } from './container-spec.ts'
import { normalizeHostPath } from '../domain/host-paths.ts'
import { isPlainSetting } from '../domain/plain-setting.ts'
import { isObject, known, listOf, memberOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'

/**
 * The specification in a container's inspect record: Docker's API (v1.24 and later) or Podman's. `extra` is what
 * the Docker input adds: `volumes`, by name as the engine inspects them, and `realPaths`, by path as given.
 */
export function dockerSpec(
  inspect: JsonObject,
  engine: 'docker' | 'podman',
  extra: JsonObject,
): ContainerSpec {
  const host = objectOf(inspect['HostConfig'])
  const config = objectOf(inspect['Config'])
  const security = securityOptions(textsOf(host['SecurityOpt']))
  const runtime = textOf(host['Runtime'])
  const environment = textsOf(config['Env']).map(variableOf)
  const fields = known({
    'container.orchestrator': engine,
    'container.privileged': flag(host['Privileged']),
    'container.network_mode': networkMode(textOf(host['NetworkMode'])),
    'container.pid_mode': mode(host['PidMode']),
    'container.ipc_mode': mode(host['IpcMode']),
    'container.uts_mode': mode(host['UTSMode']),
    'container.userns_mode': host['UsernsMode'] === 'host' ? 'host' : '',
    'container.cgroupns_mode': textOf(host['CgroupnsMode']),
    'container.capabilities.add': capabilities(textsOf(host['CapAdd'])),
    'container.capabilities.drop': capabilities(textsOf(host['CapDrop'])),
    'container.seccomp': security.seccomp,
    'container.apparmor': security.apparmor,
    'container.proc_mount': security.procMount || (isUnmasked(host) ? 'Unmasked' : ''),
    'container.allow_privilege_escalation': security.noNewPrivileges ? false : undefined,
    'container.devices': listOf(host['Devices'])
      .flatMap((device) => textOf(objectOf(device)['PathOnHost']) ?? [])
      .map(normalizeHostPath),
    'container.device_cgroup_rules': textsOf(host['DeviceCgroupRules']),
    'container.device_requests': deviceRequests(host['DeviceRequests']),
    'container.read_only_root': flag(host['ReadonlyRootfs']),
    ...limitsOf(host),
    'container.user': textOf(config['User']) ?? '',
    'container.tty': flag(config['Tty']),
    'container.stdin_open': flag(config['OpenStdin']),
    'container.auto_remove': flag(host['AutoRemove']),
    'container.dns': textsOf(host['Dns']),
    'container.extra_hosts': textsOf(host['ExtraHosts']),
    'container.networks': Object.keys(objectOf(objectOf(inspect['NetworkSettings'])['Networks'])),
    'container.ports': publishedPorts(objectOf(host['PortBindings'])),
    'container.runtime_handler': runtime === undefined || DEFAULT_RUNTIMES.has(runtime) ? undefined : runtime,
    'container.restart_policy': textOf(objectOf(host['RestartPolicy'])['Name']) ?? 'no',
    'container.env.names': environment.map(([name]) => name),
    'container.env.settings': environment
      .filter(([name, value]) => isPlainSetting(name, value))
      .map(([name, value]) => `${name}=${value}`),
    'container.labels': labelsOf(objectOf(config['Labels'])),
    'container.log_driver': textOf(objectOf(host['LogConfig'])['Type']),
  })
  const folder = config['WorkingDir'] === '' ? '/' : textOf(config['WorkingDir'])
  return {
    fields,
    mounts: mountsOf(inspect, { host, config, extra }),
    command: commandOf(inspect, config),
    ...(folder !== undefined && { folder }),
  }
}

const DEFAULT_RUNTIMES = new Set(['runc', 'crun', 'oci', 'io.containerd.runc.v2'])

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function mode(value: unknown): string {
  return textOf(value) ?? 'private'
}

function networkMode(value: string | undefined): string | undefined {
  return value === 'default' ? 'bridge' : value
}

interface SecurityOptions {
  seccomp: string
  apparmor: string
  procMount: string
  noNewPrivileges: boolean
}

/** `key=value` or, as older engines took it, `key:value`. systempaths=unconfined unmasks /proc. */
function securityOptions(options: readonly string[]): SecurityOptions {
  const found: SecurityOptions = { seccomp: '', apparmor: '', procMount: '', noNewPrivileges: false }
  for (const option of options) {
    const [, key, value = ''] = /^([\w-]+)(?:[=:](.*))?$/s.exec(option) ?? []
    // an inline profile is a file's whole text
    if (key === 'seccomp') found.seccomp = value.startsWith('{') ? 'custom' : value
    else if (key === 'apparmor') found.apparmor = value
    else if (key === 'no-new-privileges') found.noNewPrivileges = value !== 'false'
    else if ((key === 'systempaths' || key === 'unmask') && value !== '') found.procMount = 'Unmasked'
  }
  return found
}

/** The command line sends `systempaths=unconfined` as lists without a path; null leaves them to the engine. */
function isUnmasked(host: JsonObject): boolean {
  return [host['MaskedPaths'], host['ReadonlyPaths']].every(
    (paths) => Array.isArray(paths) && paths.length === 0,
  )
}

function publishedPorts(bindings: JsonObject): readonly string[] {
  return Object.entries(bindings).flatMap(([port, hosts]) =>
    listOf(hosts).map((host) => {
      const { HostIp, HostPort } = objectOf(host)
      return `${textOf(HostIp) ?? '0.0.0.0'}:${textOf(HostPort) ?? ''}->${port}`
    }),
  )
}

function variableOf(entry: string): readonly [name: string, value: string] {
  const [name = ''] = entry.split('=', 1)
  return [name, entry.slice(name.length + 1)]
}

/** What the engine holds it to; an engine says 0 or nothing where there is no limit, and -1 of processes. */
function limitsOf(host: JsonObject): JsonObject {
  const number = (name: string): number => {
    const value = host[name]
    return typeof value === 'number' ? value : 0
  }
  const processors =
    number('NanoCpus') / 1e9 || (number('CpuPeriod') > 0 ? number('CpuQuota') / number('CpuPeriod') : 0)
  return known({
    'container.limits.memory': number('Memory') > 0 ? number('Memory') : undefined,
    'container.limits.cpu': processors > 0 ? processors : undefined,
    'container.limits.pids': number('PidsLimit') === 0 ? undefined : number('PidsLimit'),
  })
}

/** By what it can do, as gpu, or who drives it. */
function deviceRequests(requests: unknown): readonly string[] {
  const asked = listOf(requests)
    .map(objectOf)
    .flatMap(({ Driver, Capabilities }) => [
      ...listOf(Capabilities).flatMap(textsOf),
      ...(typeof Driver === 'string' && Driver !== '' ? [Driver] : []),
    ])
  return [...new Set(asked)]
}

export function labelsOf(labels: JsonObject): readonly string[] {
  return Object.entries(labels).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${key}=${value}`] : [],
  )
}

function commandOf(inspect: JsonObject, config: JsonObject): readonly string[] {
  const declared = [...wordsOf(config['Entrypoint']), ...wordsOf(config['Cmd'])]
  if (declared.length > 0) return declared
  const path = textOf(inspect['Path'])
  return path === undefined ? [] : [path, ...textsOf(inspect['Args'])]
}

function wordsOf(value: unknown): readonly string[] {
  const single = textOf(value)
  return single === undefined ? textsOf(value) : [single]
}

/** What the engine mounted; before it ran, what was asked for. */
function mountsOf(
  inspect: JsonObject,
  { host, config, extra }: Readonly<Record<'host' | 'config' | 'extra', JsonObject>>,
): readonly SpecMount[] {
  const asked = listOf(host['Mounts']).filter(isObject)
  const context: MountContext = {
    asked: new Map(asked.map((mount) => [mount['Target'], mount])),
    volumes: objectOf(extra['volumes']),
    realPaths: objectOf(extra['realPaths']),
    declared: objectOf(config['Volumes']),
  }
  const mounted = listOf(inspect['Mounts']).filter(isObject)
  const seen = new Set(mounted.map((mount) => mount['Destination']))
  const onlyAsked = asked.filter((mount) => !seen.has(mount['Target']))
  const tmpfs = Object.entries(objectOf(host['Tmpfs'])).filter(([target]) => !seen.has(target))
  return [
    ...mounted.flatMap((mount) => engineMount(mount, context)),
    ...onlyAsked.flatMap((mount) => askedMount(mount, context)),
    ...tmpfs.map(([target, options]) => tmpfsMount(target, textOf(options) ?? '')),
  ]
}

interface MountContext {
  /** What was asked for, by its place in the container. */
  readonly asked: ReadonlyMap<unknown, JsonObject>
  /** Volumes by name, as the engine inspects them. */
  readonly volumes: JsonObject
  readonly realPaths: JsonObject
  /** By their place: the image's volumes, and those without a name that the command line asks for. */
  readonly declared: JsonObject
}

function engineMount(mount: JsonObject, context: MountContext): readonly SpecMount[] {
  const destination = textOf(mount['Destination'])
  if (destination === undefined) return []
  const asked = context.asked.get(destination)
  return specMount(context, {
    type: textOf(mount['Type']) ?? 'bind',
    source: textOf(mount['Source']) ?? '',
    name: textOf(mount['Name']),
    destination,
    readOnly: mount['RW'] === false,
    propagation: textOf(mount['Propagation']),
    asked,
  })
}

function askedMount(mount: JsonObject, context: MountContext): readonly SpecMount[] {
  const destination = textOf(mount['Target'])
  if (destination === undefined) return []
  const source = textOf(mount['Source'])
  return specMount(context, {
    type: textOf(mount['Type']) ?? 'volume',
    source: source ?? '',
    name: source,
    destination,
    readOnly: mount['ReadOnly'] === true,
    propagation: textOf(objectOf(mount['BindOptions'])['Propagation']),
    asked: mount,
  })
}

interface RawMount {
  readonly type: string
  readonly source: string
  readonly name: string | undefined
  readonly destination: string
  readonly readOnly: boolean
  readonly propagation: string | undefined
  readonly asked: JsonObject | undefined
}

function specMount(context: MountContext, mount: RawMount): readonly SpecMount[] {
  const { destination, readOnly } = mount
  const common = {
    destination,
    readOnly,
    ...(mount.propagation !== undefined && { propagation: mount.propagation }),
  }
  const shown = mount.type === 'volume' ? hostPathsOfVolume(context, mount) : []
  if (mount.type === 'bind' || shown.length > 0) {
    const given = shown.length > 0 ? shown : [mount.source].filter((path) => path !== '')
    const source = given.flatMap((path) =>
      path.startsWith('/') ? hostPaths(path, textOf(memberOf(context.realPaths, path))) : [path],
    )
    return [{ ...common, type: 'bind', source: [...new Set(source)] }]
  }
  const size = mount.type === 'tmpfs' ? tmpfsSize(mount.asked) : undefined
  const source = mount.type === 'tmpfs' ? [] : [mount.name ?? mount.source].filter((name) => name !== '')
  return [
    {
      ...common,
      type: mount.type,
      source,
      ...(size !== undefined && { size }),
      ...(mount.type === 'volume' && { declared: Object.hasOwn(context.declared, destination) }),
    },
  ]
}

/** What of the host a volume of the driver `local` shows: its options are those of mount(8). */
function hostPathsOfVolume(context: MountContext, mount: RawMount): readonly string[] {
  const volume = objectOf(memberOf(context.volumes, mount.name ?? ''))
  const inline = objectOf(objectOf(mount.asked?.['VolumeOptions'])['DriverConfig'])
  for (const { driver, options } of [
    { driver: textOf(volume['Driver']), options: objectOf(volume['Options']) },
    { driver: textOf(inline['Name']), options: objectOf(inline['Options']) },
  ]) {
    const paths = driver === undefined || driver === 'local' ? hostPathsOfOptions(options) : []
    if (paths.length > 0) return paths
  }
  return []
}

/** File systems that take no block device: the network's, memory's, and what a program serves. */
const WITHOUT_DISK =
  /^(?:none|nfs\d?|cifs|smb\d?|smbfs|9p|virtiofs|ceph|glusterfs|tmpfs|ramfs|fuse(?:\..*)?)$/

/** The kernel's own file systems, which are the host's wherever they are mounted. */
const KERNEL_FILE_SYSTEMS: JsonObject = {
  proc: '/proc',
  sysfs: '/sys',
  cgroup: '/sys/fs/cgroup',
  cgroup2: '/sys/fs/cgroup',
  bpf: '/sys/fs/bpf',
  debugfs: '/sys/kernel/debug',
  tracefs: '/sys/kernel/debug/tracing',
  securityfs: '/sys/kernel/security',
  devtmpfs: '/dev',
}

function hostPathsOfOptions(options: JsonObject): readonly string[] {
  const device = textOf(options['device']) ?? ''
  const words = (textOf(options['o']) ?? '').split(',')
  const type = textOf(options['type']) ?? ''
  if (type === 'bind' || words.includes('bind') || words.includes('rbind')) {
    return device.startsWith('/') ? [device] : []
  }
  if (type === 'overlay') return overlayFolders(words)
  const kernel = textOf(memberOf(KERNEL_FILE_SYSTEMS, type))
  if (kernel !== undefined) return [kernel]
  // a disk of the host holds the host's files, whatever they are called there
  return device.startsWith('/') && type !== '' && !WITHOUT_DISK.test(type) ? [device, '/'] : []
}

/** The folders that an overlay is made of, the one that is written to last. */
function overlayFolders(words: readonly string[]): readonly string[] {
  return ['lowerdir=', 'upperdir=']
    .flatMap((option) =>
      words.filter((word) => word.startsWith(option)).map((word) => word.slice(option.length)),
    )
    .flatMap((folders) => folders.split(':'))
    .filter((folder) => folder.startsWith('/'))
}

function tmpfsSize(asked: JsonObject | undefined): number | undefined {
  const size = objectOf(asked?.['TmpfsOptions'])['SizeBytes']
  return typeof size === 'number' && size > 0 ? size : undefined
}

function tmpfsMount(destination: string, options: string): SpecMount {
  const words = options.split(',')
  const size = sizeOf(words.find((word) => word.startsWith('size='))?.slice('size='.length))
  return {
    type: 'tmpfs',
    source: [],
    destination,
    readOnly: words.includes('ro'),
    ...(size !== undefined && { size }),
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** tmpfs(5): a count of bytes with k, m or g behind it. A percentage of memory has no number of bytes. */
function sizeOf(text: string | undefined): number | undefined {
  const parts = /^(\d{1,15})([kmgt]?)b?$/i.exec(text ?? '')
  const unit = UNITS[parts?.[2]?.toLowerCase() ?? '']
  return parts === null || unit === undefined ? undefined : Number(parts[1]) * unit
}
