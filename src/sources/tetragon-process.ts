import type { Resource } from '../domain/event.ts'
import { attributesOf } from './bystander.ts'
import { imageAttributes, parseImage } from './image-reference.ts'
import { isObject, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import type { LinuxProcess, LinuxProgram } from './linux-event.ts'
import { protoNumber } from './proto-json.ts'
import { WORKLOAD_ATTRIBUTES } from './workload-attributes.ts'

/** A process of Tetragon's, and the parent that stands beside it in the record. */
export function tetragonProcess(entry: JsonObject): LinuxProcess {
  const process = objectOf(entry['process'])
  const parent = isObject(entry['parent']) ? entry['parent'] : undefined
  return {
    ...programOf(process),
    cwd: textOf(process['cwd']),
    user: textOf(objectOf(process['user'])['name']) ?? protoNumber(process['uid'])?.toString(),
    ppid: protoNumber(parent?.['pid']) ?? pidOf(process['parent_exec_id']),
    ...(parent !== undefined && {
      parent: programOf(parent),
      ancestors: [parent, ...listOf(entry['ancestors']).filter(isObject)].map(programOf),
    }),
  }
}

/** The id of a process is the base64 of its node, its start by the kernel's clock and its pid. */
function pidOf(id: unknown): number | undefined {
  const [, pid] =
    /:\d+:(\d{1,10})$/.exec(Buffer.from(textOf(id)?.slice(0, 512) ?? '', 'base64').toString()) ?? []
  return pid === undefined ? undefined : Number(pid)
}

function programOf(process: JsonObject): LinuxProgram {
  const binary = textOf(process['binary'])
  return {
    pid: protoNumber(process['pid']),
    executable: binary,
    args: binary === undefined ? [] : [binary, ...wordsOf(textOf(process['arguments']) ?? '')],
  }
}

/** Arguments are one text: Tetragon joins them by blanks and quotes those that have blanks of their own. */
function wordsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"(?= |$)|\S+/g), ([word, quoted]) => quoted ?? word)
}

/** Where a process of Tetragon's was. Zero values are left out of its JSON, so that nothing says “no pod”. */
export function tetragonResource(json: JsonObject, process: JsonObject): Resource {
  const pod = objectOf(process['pod'])
  const container = objectOf(pod['container'])
  const node = textOf(json['node_name'])
  const cluster = textOf(json['cluster_name'])
  const workload = WORKLOAD_ATTRIBUTES[textOf(pod['workload_kind']) ?? '']
  const isPod = textOf(pod['name']) !== undefined
  return attributesOf({
    'host.name': node,
    'k8s.cluster.name': cluster,
    'k8s.node.name': isPod ? node : undefined,
    'k8s.namespace.name': textOf(pod['namespace']),
    'k8s.pod.name': textOf(pod['name']),
    'k8s.pod.uid': textOf(pod['uid']),
    'k8s.container.name': textOf(container['name']),
    ...(workload !== undefined && { [workload]: textOf(pod['workload']) }),
    ...containerAttributes(textOf(container['id']), textOf(process['docker'])),
    ...imageOf(objectOf(container['image'])),
  })
}

/**
 * The runtime stands before the id. Without a pod there is the beginning of the id alone, of 15 to 31 digits: twelve
 * of them are what inventories know.
 */
function containerAttributes(
  id: string | undefined,
  short: string | undefined,
): Readonly<Record<string, string>> {
  const [, runtime, full] = /^(?:([a-z-]+):\/\/)?([0-9a-f]{64})$/.exec(id ?? '') ?? []
  if (full !== undefined)
    return { 'container.id': full, ...(runtime !== undefined && { 'container.runtime.name': runtime }) }
  return short !== undefined && /^[0-9a-f]{12,64}$/.test(short)
    ? { 'container.id': short.length === 64 ? short : short.slice(0, 12) }
    : {}
}

/** The image's id is the name with its digest, which the kubelet writes after `docker-pullable://`. */
function imageOf(image: JsonObject): Readonly<Record<string, string | readonly string[]>> {
  const id = textOf(image['id'])?.replace(/^docker-pullable:\/\//, '')
  const digests = id?.includes('@') === true ? parseImage(id).repoDigests : undefined
  return {
    ...imageAttributes(textOf(image['name'])),
    ...(digests !== undefined && { 'container.image.repo_digests': digests }),
  }
}
