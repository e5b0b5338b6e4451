import { NETWORK_DEVICE } from './device-fields.ts'
import type { SourceName } from './event.ts'
import type { Field } from './field.ts'
import { IMAGE } from './image-fields.ts'
import { FILE_CHANGE } from './integrity-fields.ts'
import { METRIC } from './metric-fields.ts'
import { CONTAINER_VIEW } from './view-fields.ts'
import { CERTIFICATE, DNS, PROXY, TLS, WEB_SERVER } from './network-fields.ts'
import { CERTIFICATE_STORE } from './store-fields.ts'

export type { Field, FieldType } from './field.ts'

/*
 * The field catalogue. Three published vocabularies are used as they are: Sigma's taxonomy (or a log's own
 * field names) for what happened, OpenTelemetry's resource attributes for where. What neither names stands
 * in `EXTENSIONS`, by the log source category that it belongs to.
 */

/** OpenTelemetry resource attributes that events carry; every log source has them where they are known. */
export const RESOURCE_ATTRIBUTES: Readonly<Record<string, Field>> = {
  'host.name': { type: 'string', description: 'The machine or engine that the container runs on.' },
  'cloud.provider': { type: 'string', description: 'aws, azure or gcp, for managed clusters.' },
  'k8s.cluster.name': { type: 'string', description: 'The cluster, where the log says it.' },
  'k8s.node.name': { type: 'string', description: 'The node that a pod was bound to.' },
  'k8s.namespace.name': { type: 'string', description: 'Namespace of the object or pod.' },
  'k8s.pod.name': {
    type: 'string',
    description: 'Pod, or its generateName with a star while it has no name.',
  },
  'k8s.pod.uid': { type: 'string', description: 'UID of the pod.' },
  'k8s.container.name': { type: 'string', description: 'Container within the pod specification.' },
  'k8s.deployment.name': { type: 'string', description: 'Deployment that owns the pod.' },
  'k8s.replicaset.name': {
    type: 'string',
    description: 'ReplicaSet that owns the pod, where no Deployment is known.',
  },
  'k8s.daemonset.name': { type: 'string', description: 'DaemonSet that owns the pod.' },
  'k8s.statefulset.name': { type: 'string', description: 'StatefulSet that owns the pod.' },
  'k8s.job.name': { type: 'string', description: 'Job that owns the pod.' },
  'k8s.cronjob.name': { type: 'string', description: 'CronJob that owns the pod.' },
  'service.namespace': {
    type: 'string',
    description: 'Project of Docker Compose; the creator chooses it.',
  },
  'container.id': { type: 'string', description: 'Full id that the runtime gave.' },
  'container.name': { type: 'string', description: 'Name in the runtime; the creator chooses it.' },
  'container.runtime.name': { type: 'string', description: 'docker, podman, containerd, cri-o.' },
  'container.image.id': { type: 'string', description: 'Digest of the image configuration.' },
  'container.image.name': { type: 'string', description: 'Image reference without its tag or digest.' },
  'container.image.tags': { type: 'list', description: 'Tags of the image.' },
  'container.image.repo_digests': {
    type: 'list',
    description: 'name@sha256:… as the registry knows the image.',
  },
  'container.creator.name': {
    type: 'string',
    description:
      'Who created the container, or what owns its pod: a user of the cluster, a user of the machine, or the tool that a label names.',
  },
  'container.creator.told_by': {
    type: 'string',
    description:
      'Who says so: audit (an API server, by its log), engine (which runs as that user), label (which its creator chose).',
  },
  'user.name': {
    type: 'string',
    description:
      'Identity that asked for it, where the log says it (Docker does not); of what an API server tells of a new pod or workload, who the audit log says created it.',
  },
}

const CONTAINER_CREATE: Readonly<Record<string, Field>> = {
  'container.orchestrator': { type: 'string', description: 'docker, podman or kubernetes.' },
  'container.privileged': { type: 'boolean', description: 'All capabilities, all devices, no confinement.' },
  'container.network_mode': {
    type: 'string',
    description: 'host, bridge, none, container:<id> (joins another), or the name of a network.',
  },
  'container.pid_mode': { type: 'string', description: 'host, container:<id>, or private.' },
  'container.ipc_mode': { type: 'string', description: 'host, container:<id>, shareable, or private.' },
  'container.uts_mode': { type: 'string', description: 'host, or private.' },
  'container.userns_mode': {
    type: 'string',
    description: 'host where user namespace remapping is switched off; empty otherwise.',
  },
  'container.cgroupns_mode': { type: 'string', description: 'host, or private.' },
  'container.capabilities.add': {
    type: 'list',
    description: 'Added capabilities, upper case, without CAP_. ALL for all.',
  },
  'container.capabilities.drop': { type: 'list', description: 'Dropped capabilities, in the same form.' },
  'container.seccomp': { type: 'string', description: 'unconfined, a profile, or empty for the default.' },
  'container.apparmor': { type: 'string', description: 'unconfined, a profile, or empty for the default.' },
  'container.proc_mount': {
    type: 'string',
    description: 'Unmasked where /proc is shown without masks; empty otherwise.',
  },
  'container.allow_privilege_escalation': {
    type: 'boolean',
    description: 'Only where the specification says so.',
  },
  'container.devices': { type: 'list', description: 'Paths of host devices handed in, normalised.' },
  'container.device_cgroup_rules': {
    type: 'list',
    description: 'Devices that it may make and open itself: type major:minor access, as “b 8:0 rwm”.',
  },
  'container.exposes': {
    type: 'list',
    description: 'What the host paths mounted into it give away: see the exposures.',
  },
  'container.host_paths': { type: 'list', description: 'Host paths mounted into it, normalised.' },
  'container.user': { type: 'string', description: 'User of the first process; empty for the image’s own.' },
  'container.tty': { type: 'boolean', description: 'A terminal is allocated.' },
  'container.stdin_open': { type: 'boolean', description: 'Standard input is kept open.' },
  'container.auto_remove': { type: 'boolean', description: 'Deletes itself when it ends.' },
  'container.command': { type: 'list', description: 'Entrypoint and arguments as declared, unresolved.' },
  'container.command.executable': {
    type: 'string',
    description: 'Base name of the first word of the command.',
  },
  'container.dns': { type: 'list', description: 'DNS servers given on purpose.' },
  'container.extra_hosts': { type: 'list', description: 'name:address pairs added to its hosts file.' },
  'container.networks': { type: 'list', description: 'Names of the networks it is attached to.' },
  'container.ports': { type: 'list', description: 'Published ports: address:port->port/protocol.' },
  'container.runtime_handler': {
    type: 'string',
    description: 'OCI runtime or RuntimeClass, where not the default.',
  },
  'container.restart_policy': { type: 'string', description: 'no, always, unless-stopped, on-failure.' },
  'container.env.names': {
    type: 'list',
    description: 'Names of environment variables. Values are never kept, but for settings.',
  },
  'container.env.settings': {
    type: 'list',
    description:
      'NAME=value of the few variables that switch cryptography and hold no secret: GODEBUG, NODE_TLS_REJECT_UNAUTHORIZED, OPENSSL_CONF and their like.',
  },
  'container.read_only_root': { type: 'boolean', description: 'Its own layer takes no writes.' },
  'container.run_as_non_root': {
    type: 'boolean',
    description: 'The kubelet refuses it as root; only where the specification says so.',
  },
  'container.limits.memory': { type: 'number', description: 'In bytes; missing where there is no limit.' },
  'container.limits.cpu': { type: 'number', description: 'In processors; missing where there is no limit.' },
  'container.limits.pids': {
    type: 'number',
    description: 'Processes; -1 where the limit was lifted, missing where the engine decides.',
  },
  'container.device_requests': {
    type: 'list',
    description: 'Devices that are asked for by kind: gpu, nvidia.com/gpu, ….',
  },
  'container.labels': { type: 'list', description: 'key=value of its labels.' },
  'container.log_driver': { type: 'string', description: 'Where its output goes.' },
  'k8s.owner.kind': {
    type: 'string',
    description: 'Kind of the controlling owner; missing for a bare pod or a Docker container.',
  },
  'k8s.object.kind': {
    type: 'string',
    description: 'Kind of the object that carried the specification: Pod, DaemonSet, …',
  },
  'k8s.service_account': { type: 'string', description: 'Service account of the pod.' },
  'k8s.token_mounted': {
    type: 'boolean',
    description: 'The token of its service account is mounted, unless the account itself says no.',
  },
  'k8s.node_pinned': { type: 'boolean', description: 'nodeName was set by the creator.' },
  'k8s.tolerates_everything': { type: 'boolean', description: 'A toleration without a key.' },
  'user_agent.original': { type: 'string', description: 'Client that asked, where the log says it.' },
  ...IMAGE,
}

const CONTAINER_MOUNT: Readonly<Record<string, Field>> = {
  'mount.type': {
    type: 'string',
    description:
      'bind (any path of the host, also by a volume driver), volume, tmpfs, or the kind of the volume.',
  },
  'mount.source': { type: 'list', description: 'Host path as given and as resolved; name of a volume.' },
  'mount.destination': { type: 'string', description: 'Path in the container.' },
  'mount.read_only': { type: 'boolean', description: 'Writes are refused.' },
  'mount.propagation': { type: 'string', description: 'rprivate, rshared, … as given.' },
  'mount.exposes': { type: 'list', description: 'What this path of the host gives away.' },
  'mount.destination_exposes': {
    type: 'list',
    description: 'What the same path would be on a host: a container’s trust store, …',
  },
  'mount.declared': {
    type: 'boolean',
    description: 'Of a volume: the image declares one there, or one without a name was asked for.',
  },
  'mount.size': { type: 'number', description: 'Limit of a tmpfs in bytes; missing where there is none.' },
}

const CONTAINER_EXEC: Readonly<Record<string, Field>> = {
  Image: { type: 'string', description: 'First word of the command, as written.' },
  CommandLine: { type: 'string', description: 'The simple command, words joined by blanks.' },
  'process.executable.name': { type: 'string', description: 'Base name of the first word.' },
  'process.command_args': {
    type: 'list',
    description: 'All words of the simple command, the first included.',
  },
  'process.subcommand': {
    type: 'string',
    description: 'The second word, which decides for openssl and its like.',
  },
  'process.reads': {
    type: 'list',
    description: 'Paths read by redirection, and arguments that look like paths.',
  },
  'process.writes': {
    type: 'list',
    description: 'Paths written by redirection, tee, cp, mv, install, ln, dd.',
  },
  'process.host_writes': {
    type: 'list',
    description: 'The same paths as the host sees them, through the container’s mounts.',
  },
  'process.parent_args': {
    type: 'list',
    description: 'Words of the wrapper (sh -c, env, nohup …) that it was found behind.',
  },
  'exec.origin': {
    type: 'string',
    description: 'entrypoint: the container’s own command. exec: run in it later.',
  },
  'exec.container_type': {
    type: 'string',
    description: 'Kind of object for Kubernetes: container, init, ephemeral; empty otherwise.',
  },
}

const CONTAINER_EVENT: Readonly<Record<string, Field>> = {
  'event.type': { type: 'string', description: 'container, image, network, volume, …' },
  'event.action': {
    type: 'string',
    description: 'create, start, die, extract-to-dir, connect, … without its argument.',
  },
  'event.argument': { type: 'string', description: 'What follows the colon in an action.' },
  'network.name': { type: 'string', description: 'Network of a network event.' },
  'network.driver': { type: 'string', description: 'bridge, overlay, macvlan, ipvlan, host.' },
  'container.running': {
    type: 'boolean',
    description:
      'Of a container that joins a network: whether it ran in another one by then. Known where the engine was asked.',
  },
  'volume.name': { type: 'string', description: 'Volume of a volume event.' },
  'containerd.namespace': {
    type: 'string',
    description:
      'Namespace of containerd: moby is Docker’s, k8s.io the kubelet’s, others are shown by neither.',
  },
}

const PROCESS: Readonly<Record<string, Field>> = {
  Image: { type: 'string', description: 'Path of the program as it was started, made absolute.' },
  CommandLine: { type: 'string', description: 'The arguments, joined by blanks.' },
  CurrentDirectory: { type: 'string', description: 'Working directory, as the container sees it.' },
  User: { type: 'string', description: 'Name of the user, or the number where no name is known.' },
  ProcessId: { type: 'number', description: 'As the host numbers it.' },
  ParentProcessId: { type: 'number', description: 'As the host numbers it.' },
  ParentImage: { type: 'string', description: 'Path of the parent’s program.' },
  ParentCommandLine: { type: 'string', description: 'The parent’s arguments, joined by blanks.' },
  'process.executable.name': {
    type: 'string',
    description: 'Base name of Image; of busybox and its like the program that the arguments choose.',
  },
  'process.executable.file': {
    type: 'string',
    description:
      'Base name of the file that the kernel runs: the interpreter of a script, busybox behind its links, memfd:….',
  },
  'process.command_args': { type: 'list', description: 'The arguments, the first included.' },
  'process.subcommand': {
    type: 'string',
    description: 'The second argument, which decides for openssl and its like.',
  },
  'process.parent.executable.name': { type: 'string', description: 'Base name of ParentImage.' },
  'process.ancestors': {
    type: 'list',
    description:
      'The processes above it, nearest first, up to what started the container: pid, executable, command_line of each.',
  },
  'process.ancestors.executable': { type: 'list', description: 'Their programs alone, for rules.' },
  'process.ancestors.command_line': { type: 'list', description: 'Their command lines alone, for rules.' },
  'syscall.name': { type: 'string', description: 'The system call that was seen.' },
  'sensor.truncated': { type: 'list', description: 'Names of the fields that hold less than there was.' },
  'sensor.unresolved': {
    type: 'string',
    description: 'Why no container could be named for it; missing where one was.',
  },
}
const SYSCALL_RESULT: Field = {
  type: 'number',
  description: 'What the call returned: 0 or more, or the error’s number, negative.',
}

const PROCESS_CREATION: Readonly<Record<string, Field>> = {
  ...PROCESS,
  'process.executable.upper_layer': {
    type: 'boolean',
    description:
      'The file that runs was written in the container and is not of its image; missing where that is not known.',
  },
  'process.result': {
    type: 'number',
    description: '0, or the error’s number, negative: a search along PATH fails often before it succeeds.',
  },
}

const HOST_PATH: Field = {
  type: 'list',
  description: 'The same paths as the host sees them, where a mount leads there.',
}
const FILE: Readonly<Record<string, Field>> = {
  ...PROCESS,
  TargetFilename: { type: 'string', description: 'Path of the file, made absolute.' },
  'file.flags': { type: 'list', description: 'How it was opened: O_WRONLY, O_CREAT, O_TRUNC, ….' },
  'host.path': HOST_PATH,
  'syscall.result': SYSCALL_RESULT,
}
/** A file as it was when the last that wrote to it let go of it. */
const FILE_WRITTEN: Readonly<Record<string, Field>> = {
  ...PROCESS,
  TargetFilename: { type: 'string', description: 'Path of the file, made absolute.' },
  'file.size': { type: 'number', description: 'Its size, in bytes.' },
  'file.sampled': {
    type: 'number',
    description: 'So many bytes of its beginning were looked at: at most 1 MiB.',
  },
  'file.entropy': {
    type: 'number',
    description: 'Of these, in bits for each byte: 8 is random, packed or encrypted. Of 64 bytes at least.',
  },
  'file.magic': {
    type: 'string',
    description:
      'What its first bytes are: gzip, zip, xz, zstd, bzip2, 7z, rar, lz4, tar, openssl, age, luks, pgp, pem-certificate, pem-key, pem, der (a certificate or key), elf, pe, sqlite, script, png, jpeg, gif, pdf; else text, data or empty.',
  },
  'file.hash.sha256': { type: 'string', description: 'Of the whole file, where all of it was looked at.' },
  'host.path': HOST_PATH,
}
const FILE_RENAME: Readonly<Record<string, Field>> = {
  ...PROCESS,
  SourceFilename: { type: 'string', description: 'The old path, made absolute.' },
  TargetFilename: { type: 'string', description: 'The new path, made absolute.' },
  'host.path': HOST_PATH,
  'syscall.result': SYSCALL_RESULT,
}

const NETWORK_TYPE: Field = { type: 'string', description: 'ipv4, ipv6 or unix.' }
const PROTOCOL: Field = { type: 'string', description: 'tcp, udp, …; missing where it is not known.' }
const NETWORK_CONNECTION: Readonly<Record<string, Field>> = {
  ...PROCESS,
  Initiated: { type: 'string', description: 'true: the process asked for the connection.' },
  Protocol: PROTOCOL,
  SourceIp: { type: 'string', description: 'Address of its own end, where the source tells it.' },
  SourcePort: { type: 'number', description: 'Port of its own end, where the source tells it.' },
  DestinationHostname: { type: 'string', description: 'Name that was asked for, where the source tells it.' },
  DestinationIp: { type: 'string', description: 'Address that was asked for.' },
  DestinationPort: { type: 'number', description: 'Port that was asked for.' },
  'network.type': NETWORK_TYPE,
  'network.peer.address': {
    type: 'string',
    description: 'The address; for unix the path of the socket, an abstract one with @ before it.',
  },
  'host.path': HOST_PATH,
  'syscall.result': SYSCALL_RESULT,
}
const NETWORK_LISTEN: Readonly<Record<string, Field>> = {
  ...PROCESS,
  Protocol: PROTOCOL,
  'network.type': NETWORK_TYPE,
  'network.local.address': {
    type: 'string',
    description: 'Address that it waits at; for unix the path of the socket.',
  },
  'network.local.port': { type: 'number', description: 'Port that it waits at.' },
  'syscall.result': SYSCALL_RESULT,
}
const KERNEL_CALL: Readonly<Record<string, Field>> = {
  ...PROCESS,
  'syscall.args': { type: 'string', description: 'Its arguments as name=value, joined by blanks.' },
  'syscall.flags': { type: 'list', description: 'Names of its flags or of its command, where known.' },
  'syscall.result': SYSCALL_RESULT,
}

export { PEER_FIELDS } from './network-fields.ts'

/** Of the process that came first in a container, as far as a look at it tells. */
const PROCESS_OF_VIEW: Readonly<Record<string, Field>> = Object.fromEntries(
  Object.entries(PROCESS).filter(
    ([name]) => !/^(?:sensor|syscall|process\.(?:ancestors|executable\.file))|CurrentDirectory/.test(name),
  ),
)

/** Categories of ours, which Sigma's taxonomy lacks, with the fields that their records have. */
export const EXTENSIONS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  container_create: CONTAINER_CREATE,
  container_mount: { ...CONTAINER_MOUNT, ...CONTAINER_CREATE },
  container_exec: CONTAINER_EXEC,
  container_event: CONTAINER_EVENT,
  file_read: FILE,
  network_listen: NETWORK_LISTEN,
  kernel_call: KERNEL_CALL,
  file_written: FILE_WRITTEN,
  tls: TLS,
  certificate: CERTIFICATE,
  certificate_store: CERTIFICATE_STORE,
  file_change: FILE_CHANGE,
  metric: METRIC,
  network_device: NETWORK_DEVICE,
  container_view: { ...PROCESS_OF_VIEW, ...CONTAINER_VIEW },
}

/** Sigma's own categories, with the fields that they have here. A rule may ask for others: sources differ. */
export const SIGMA_CATEGORIES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  process_creation: PROCESS_CREATION,
  file_event: FILE,
  file_rename: FILE_RENAME,
  network_connection: NETWORK_CONNECTION,
  dns: DNS,
  proxy: PROXY,
  webserver: WEB_SERVER,
}

/** Which source serves a category. */
export const SERVED_BY: Readonly<Record<string, readonly SourceName[]>> = {
  container_create: ['docker.inspect', 'kubernetes.audit', 'kubernetes.api'],
  container_mount: ['docker.inspect', 'kubernetes.audit', 'kubernetes.api'],
  container_exec: ['docker.inspect', 'docker.events', 'kubernetes.audit', 'kubernetes.api'],
  container_event: ['docker.events', 'podman.events', 'containerd.events'],
  process_creation: [
    'sensor',
    'tetragon',
    'tracee',
    'auditd',
    'laurel',
    'falco',
    'sysmon.linux',
    'windows.sysmon',
    'windows.security',
    'kubearmor',
    'macos.eslogger',
    'esxi',
  ],
  file_event: [
    'sensor',
    'tetragon',
    'tracee',
    'auditd',
    'laurel',
    'falco',
    'sysmon.linux',
    'windows.sysmon',
    'kubearmor',
    'macos.eslogger',
  ],
  file_read: ['sensor', 'tetragon', 'tracee', 'auditd', 'laurel', 'falco', 'kubearmor'],
  file_rename: ['sensor', 'tetragon', 'tracee', 'auditd', 'laurel', 'falco'],
  network_listen: ['sensor', 'tetragon', 'tracee', 'auditd', 'laurel', 'falco'],
  file_written: ['sensor'],
  kernel_call: ['sensor', 'tetragon', 'tracee', 'auditd', 'laurel', 'falco'],
  network_connection: [
    'sensor',
    'tetragon',
    'tracee',
    'auditd',
    'laurel',
    'falco',
    'zeek.conn',
    'suricata.eve',
    'hubble',
    'tshark',
    'sysmon.linux',
    'windows.sysmon',
    'windows.security',
    'kubearmor',
  ],
  tls: ['zeek.ssl', 'suricata.eve', 'tshark'],
  certificate: ['zeek.x509', 'tshark'],
  certificate_store: ['certstore'],
  dns: ['zeek.dns', 'suricata.eve', 'hubble', 'tshark', 'windows.sysmon'],
  network_device: ['network.device'],
  container_view: ['sensor', 'docker.inspect'],
  metric: ['docker.stats', 'cadvisor', 'prometheus'],
  file_change: ['fim.aide', 'fim.osquery', 'fim.wazuh', 'fim.auditbeat', 'docker.changes'],
  proxy: ['zeek.http', 'suricata.eve', 'hubble'],
  webserver: ['zeek.http', 'suricata.eve', 'hubble'],
}
