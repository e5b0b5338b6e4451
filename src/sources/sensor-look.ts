import { posix } from 'node:path'
import type { ContainerLook, SeenContainer } from '../domain/container-look.ts'
import { isObject, known, listOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { processFields } from './linux-event.ts'

const ID = /^[0-9a-f]{64}$/
/** Names that runtimes give control groups of systemd, and whose they are. */
const RUNTIMES: Readonly<Record<string, string>> = {
  docker: 'docker',
  libpod: 'podman',
  'cri-containerd': 'containerd',
  crio: 'cri-o',
  nerdctl: 'containerd',
}

/** What the kernel of a machine has for containers, as the sensor read it from /proc; undefined where it is malformed. */
export function sensorLook(line: JsonObject, time: number): ContainerLook | undefined {
  const [host, digest] = [textOf(line['host']), textOf(line['digest'])]
  const { interval, leftOut } = line
  if (host === undefined || digest === undefined || typeof interval !== 'number' || !(interval >= 100))
    return undefined
  const listed = line['containers']
  return {
    view: 'kernel',
    observer: 'sensor',
    host,
    time,
    interval: Math.min(interval, 3_600_000),
    digest: digest.slice(0, 64),
    leftOut: typeof leftOut === 'number' && leftOut > 0 ? leftOut : 0,
    seen:
      listed === undefined
        ? undefined
        : listOf(listed)
            .filter(isObject)
            .flatMap((one) => seenContainer(one) ?? []),
  }
}

function seenContainer(one: JsonObject): SeenContainer | undefined {
  const id = textOf(one['container'])
  const named = id !== undefined && ID.test(id)
  const key = named ? id : textOf(one['namespace'])
  if (key === undefined) return undefined
  const pod = textOf(one['pod'])
  return {
    key: key.slice(0, 128),
    named,
    ...(pod !== undefined && { pods: [pod.slice(0, 64)] }),
    fields: fieldsOf(one, named),
  }
}

function fieldsOf(one: JsonObject, named: boolean): JsonObject {
  const [process, parent] = [objectOf(one['process']), objectOf(one['parent'])]
  const [group = '', parentArgs] = [textOf(one['group'])?.slice(0, 1_024), textsOf(parent['args'])]
  const prefix = /^(.+)-[0-9a-f]{64}\.scope$/.exec(posix.basename(group))?.[1] ?? ''
  const namespaces = textsOf(one['namespaces']).slice(0, 16)
  return known({
    ...processFields({
      pid: integer(process['pid']),
      ppid: integer(process['ppid']),
      user: textOf(process['user']) || undefined,
      executable: textOf(process['executable']),
      args: textsOf(process['args']),
      parent: { executable: textOf(parent['executable']), args: parentArgs },
    }),
    'container.kind': kindOf(group, named || isShim(parent)),
    'container.control_group': group,
    'container.outer.id': textOf(one['outer']),
    'container.runtime.name': RUNTIMES[prefix],
    'containerd.namespace': shimNamespace(textOf(parent['executable']), parentArgs),
    'container.own_root': one['ownRoot'] === true,
    'container.namespaces': namespaces.length > 0 ? namespaces : undefined,
    'k8s.pod.uid': textOf(one['pod']),
  })
}

/** Steps of a build run in containers that no engine lists. */
function kindOf(group: string, isContainer: boolean): string {
  if (/(?:^|[/:-])buildkit(?:[/:-]|$)/.test(group)) return 'build'
  return isContainer ? 'container' : 'namespace'
}

/** What keeps a container's process for its runtime, and names none to the kernel. */
function isShim(parent: JsonObject): boolean {
  const program = posix.basename(textOf(parent['executable']) ?? textsOf(parent['args'])[0] ?? '')
  return /^(?:containerd-shim[\w-]*|conmon(?:rs)?)$/.test(program)
}

/** containerd starts one shim a container, and names the namespace to it. */
function shimNamespace(executable: string | undefined, args: readonly string[]): string | undefined {
  if (!/(?:^|\/)containerd-shim[\w-]*$/.test(executable ?? args[0] ?? '')) return undefined
  const at = args.findIndex((arg) => /^--?namespace$/.test(arg))
  return at === -1 ? undefined : args[at + 1]?.slice(0, 128)
}

function integer(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}
