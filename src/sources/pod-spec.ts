import type { Resource } from '../domain/event.ts'
import { isPlainSetting } from '../domain/plain-setting.ts'
import { capabilities, hostPaths } from './container-spec.ts'
import type { ContainerSpec, SpecMount } from './container-spec.ts'
import { labelsOf } from './docker-spec.ts'
import { imageAttributes } from './image-reference.ts'
import { isObject, known, listOf, memberOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { exactQuantityOf, quantityOf } from './quantity.ts'

/** A container of a pod, with what names it and the pod. */
export interface PodContainer {
  readonly name: string
  readonly spec: ContainerSpec
  readonly resource: Resource
}

/** Kind of the object that carried a pod's specification, and who owns the pod. */
export interface PodOrigin {
  /** Pod, Deployment, … */
  readonly kind: string
  readonly owner?: { readonly kind: string; readonly name: string }
  readonly userAgent?: string
  /** It may be bound by now: who bound it wrote the node into the specification, as who made it could have. */
  readonly bound?: boolean
  /** Only the ephemeral containers were asked for. */
  readonly ephemeralOnly?: boolean
}

const LISTS = [
  { member: 'containers', type: 'container' },
  { member: 'initContainers', type: 'init' },
  { member: 'ephemeralContainers', type: 'ephemeral' },
] as const

/** Every container of a pod or pod template (v1 PodSpec), pod-level settings merged into each. */
export function podContainers(pod: JsonObject, origin: PodOrigin): readonly PodContainer[] {
  const spec = objectOf(pod['spec'])
  const shared = sharedFields(pod, spec, origin)
  const volumes = new Map(
    listOf(spec['volumes'])
      .filter(isObject)
      .map((volume) => [textOf(volume['name']) ?? '', volume]),
  )
  const context = { pod, spec, shared, volumes }
  const found = LISTS.filter((list) => origin.ephemeralOnly !== true || list.type === 'ephemeral').flatMap(
    (list) =>
      listOf(spec[list.member])
        .filter(isObject)
        .map((container) => podContainer(container, list.type, context)),
  )
  // A trimmed body or a patch may say what the pod may do and not which containers it has.
  const isPartial = origin.ephemeralOnly !== true && LISTS.every(({ member }) => spec[member] === undefined)
  return isPartial ? [podContainer({}, 'container', context)] : found
}

interface PodContext {
  readonly pod: JsonObject
  readonly spec: JsonObject
  readonly shared: JsonObject
  readonly volumes: ReadonlyMap<string, JsonObject>
}

function podContainer(container: JsonObject, containerType: string, context: PodContext): PodContainer {
  const name = textOf(container['name']) ?? ''
  const security = {
    ...objectOf(context.spec['securityContext']),
    ...presentIn(container['securityContext']),
  }
  const added = objectOf(security['capabilities'])
  const folder = textOf(container['workingDir'])
  const limits = objectOf(objectOf(container['resources'])['limits'])
  const environment = listOf(container['env']).map(objectOf)
  const fields = {
    ...context.shared,
    ...known({
      'container.privileged': security['privileged'] === true,
      'container.capabilities.add': capabilities(textsOf(added['add'])),
      'container.capabilities.drop': capabilities(textsOf(added['drop'])),
      'container.seccomp': profileOf(security['seccompProfile']),
      'container.apparmor': profileOf(security['appArmorProfile']) || annotatedProfile(context.pod, name),
      'container.proc_mount': security['procMount'] === 'Unmasked' ? 'Unmasked' : '',
      'container.allow_privilege_escalation': booleanOf(security['allowPrivilegeEscalation']),
      'container.user': userOf(security['runAsUser']),
      'container.tty': container['tty'] === true,
      'container.stdin_open': container['stdin'] === true,
      'container.ports': hostPorts(container),
      'container.env.names': environment.flatMap(({ name }) => textOf(name) ?? []),
      'container.env.settings': environment.flatMap(({ name, value }) =>
        isPlainSetting(name, value) ? [`${String(name)}=${value}`] : [],
      ),
      'container.read_only_root': security['readOnlyRootFilesystem'] === true,
      'container.run_as_non_root': booleanOf(security['runAsNonRoot']),
      'container.limits.memory': quantityOf(limits['memory']),
      'container.limits.cpu': exactQuantityOf(limits['cpu']),
      'container.device_requests': Object.keys(limits).filter((resource) => resource.includes('/')),
    }),
  }
  return {
    name,
    resource: {
      ...(name !== '' && { 'k8s.container.name': name }),
      ...imageAttributes(textOf(container['image'])),
    },
    spec: {
      fields,
      containerType,
      mounts: mountsOf(container, context.volumes),
      command: [...textsOf(container['command']), ...textsOf(container['args'])],
      ...(folder !== undefined && { folder }),
    },
  }
}

function sharedFields(pod: JsonObject, spec: JsonObject, origin: PodOrigin): JsonObject {
  const metadata = objectOf(pod['metadata'])
  return known({
    'container.orchestrator': 'kubernetes',
    'container.network_mode': spec['hostNetwork'] === true ? 'host' : undefined,
    'container.pid_mode': spec['hostPID'] === true ? 'host' : 'private',
    'container.ipc_mode': spec['hostIPC'] === true ? 'host' : 'private',
    'container.auto_remove': false,
    'container.dns': textsOf(objectOf(spec['dnsConfig'])['nameservers']),
    'container.extra_hosts': extraHosts(spec['hostAliases']),
    'container.runtime_handler': textOf(spec['runtimeClassName']),
    'container.restart_policy': RESTART_POLICIES[textOf(spec['restartPolicy']) ?? ''],
    'container.labels': labelsOf(objectOf(metadata['labels'])),
    'k8s.owner.kind': origin.owner?.kind,
    'k8s.object.kind': origin.kind,
    'k8s.service_account': textOf(spec['serviceAccountName']) ?? textOf(spec['serviceAccount']),
    'k8s.token_mounted': spec['automountServiceAccountToken'] !== false,
    // the scheduler sets nodeName too, later: a creator's choice stands in what was sent
    'k8s.node_pinned': origin.bound === true ? undefined : textOf(spec['nodeName']) !== undefined,
    'k8s.tolerates_everything': listOf(spec['tolerations'])
      .map(objectOf)
      .some((toleration) => toleration['operator'] === 'Exists' && textOf(toleration['key']) === undefined),
    'user_agent.original': origin.userAgent,
  })
}

const RESTART_POLICIES: Readonly<Record<string, string>> = {
  Always: 'always',
  OnFailure: 'on-failure',
  Never: 'no',
}

/** Members that say something: an absent or null one does not hide the pod's. */
function presentIn(value: unknown): JsonObject {
  return known(objectOf(value))
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function userOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
}

/** A seccomp or AppArmor profile: unconfined, the name of one on the node, or empty for the runtime's own. */
function profileOf(value: unknown): string {
  const profile = objectOf(value)
  if (profile['type'] === 'Unconfined') return 'unconfined'
  return profile['type'] === 'Localhost' ? (textOf(profile['localhostProfile']) ?? 'localhost') : ''
}

function annotatedProfile(pod: JsonObject, container: string): string {
  const annotations = objectOf(objectOf(pod['metadata'])['annotations'])
  const profile = textOf(memberOf(annotations, `container.apparmor.security.beta.kubernetes.io/${container}`))
  return profile === undefined || profile === 'runtime/default' ? '' : profile.replace(/^localhost\//, '')
}

function hostPorts(container: JsonObject): readonly string[] {
  return listOf(container['ports']).flatMap((entry) => {
    const { hostPort, hostIP, containerPort, protocol } = objectOf(entry)
    if (typeof hostPort !== 'number' || typeof containerPort !== 'number') return []
    return [
      `${textOf(hostIP) ?? '0.0.0.0'}:${hostPort}->${containerPort}/${(textOf(protocol) ?? 'TCP').toLowerCase()}`,
    ]
  })
}

function extraHosts(aliases: unknown): readonly string[] {
  return listOf(aliases).flatMap((entry) => {
    const alias = objectOf(entry)
    return textsOf(alias['hostnames']).map((name) => `${name}:${textOf(alias['ip']) ?? ''}`)
  })
}

function mountsOf(container: JsonObject, volumes: ReadonlyMap<string, JsonObject>): readonly SpecMount[] {
  return listOf(container['volumeMounts'])
    .filter(isObject)
    .flatMap((mount) => {
      const destination = textOf(mount['mountPath'])
      const name = textOf(mount['name']) ?? ''
      if (destination === undefined) return []
      const propagation = textOf(mount['mountPropagation'])
      return [
        {
          ...volumeOf(volumes.get(name), name, textOf(mount['subPath'])),
          destination,
          readOnly: mount['readOnly'] === true,
          ...(propagation !== undefined && { propagation }),
        },
      ]
    })
}

function volumeOf(
  volume: JsonObject | undefined,
  name: string,
  subPath: string | undefined,
): Pick<SpecMount, 'type' | 'source' | 'size'> {
  const kind = Object.keys(volume ?? {}).find((member) => isObject(volume?.[member]))
  const details = objectOf(volume?.[kind ?? ''])
  if (kind === 'hostPath') {
    const path = textOf(details['path']) ?? '/'
    return { type: 'bind', source: hostPaths(subPath === undefined ? path : `${path}/${subPath}`, undefined) }
  }
  if (kind === 'emptyDir') {
    if (details['medium'] !== 'Memory') return { type: 'emptyDir', source: [name] }
    const size = quantityOf(details['sizeLimit'])
    return { type: 'tmpfs', source: [], ...(size !== undefined && { size }) }
  }
  const claim = textOf(details['claimName']) ?? textOf(details['secretName']) ?? textOf(details['name'])
  return { type: kind ?? 'volume', source: [claim ?? name] }
}
