import type { SourceName } from './event.ts'

/**
 * The field catalogue. Three published vocabularies are used as they are: Sigma's taxonomy (or a log's own
 * field names) for what happened, OpenTelemetry's resource attributes for where. What neither names stands
 * in `EXTENSIONS`, by the log source category that it belongs to.
 */
export type FieldType = 'string' | 'number' | 'boolean' | 'list'

export interface Field {
  readonly type: FieldType
  readonly description: string
}

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
  'user.name': {
    type: 'string',
    description: 'Identity that asked for it, where the log says it (Docker does not).',
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
    description: 'Names of environment variables. Values are never kept.',
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
  'k8s.node_pinned': { type: 'boolean', description: 'nodeName was set by the creator.' },
  'k8s.tolerates_everything': { type: 'boolean', description: 'A toleration without a key.' },
  'user_agent.original': { type: 'string', description: 'Client that asked, where the log says it.' },
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
  'volume.name': { type: 'string', description: 'Volume of a volume event.' },
}

/** Categories of ours, which Sigma's taxonomy lacks, with the fields that their records have. */
export const EXTENSIONS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  container_create: CONTAINER_CREATE,
  container_mount: { ...CONTAINER_MOUNT, ...CONTAINER_CREATE },
  container_exec: CONTAINER_EXEC,
  container_event: CONTAINER_EVENT,
}

/** Which source serves a category of ours. */
export const SERVED_BY: Readonly<Record<string, readonly SourceName[]>> = {
  container_create: ['docker.inspect', 'kubernetes.audit'],
  container_mount: ['docker.inspect', 'kubernetes.audit'],
  container_exec: ['docker.inspect', 'docker.events', 'kubernetes.audit'],
  container_event: ['docker.events'],
}
