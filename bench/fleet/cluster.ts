import { aPod, PODS, running } from '../../test/kubernetes-objects.ts'
import type { KubernetesServer } from '../../test/kubernetes-server.ts'
import { auditLine } from '../audit-records.ts'
import { textBetween } from './recorded.ts'
import { shapeOf, type Shape } from './shape.ts'
import type { Container } from './world.ts'

/** The pod of a container, as an API server has it once it runs. */
export function podOf({ id, name, pod, address, node, started, image }: Container): ReturnType<typeof aPod> {
  const base = aPod(0, {
    name,
    status: statusOf(id, address, new Date(started).toISOString()),
    created: new Date(started).toISOString(),
  })
  const { containers, ...spec } = base['spec'] as { readonly containers: readonly object[] }
  return {
    ...base,
    metadata: { ...(base['metadata'] as object), uid: pod },
    spec: {
      ...spec,
      nodeName: node.name,
      containers: containers.map((one) => ({ ...one, image })),
    },
  }
}

/** Since when it runs, it says itself. */
function statusOf(id: string, address: string, since: string): ReturnType<typeof running> {
  const { containerStatuses, ...status } = running(id, address)
  return {
    ...status,
    startTime: since,
    containerStatuses: (containerStatuses as readonly object[]).map((one) => ({
      ...one,
      state: { running: { startedAt: since } },
    })),
  }
}

export function putPod(server: KubernetesServer, container: Container): void {
  server.put(PODS, podOf(container))
}

export function removePod(server: KubernetesServer, container: Container): void {
  server.remove(PODS, container.pod)
}

const KINDS = 100

/** Records of an API server's audit log, as a busy cluster writes them. */
export function auditRecords(): (count: number, now: number) => readonly string[] {
  const shapes = Array.from({ length: KINDS }, (_, n): Shape => {
    // none of them makes a privileged pod
    const line = auditLine(KINDS + n, Number.MAX_SAFE_INTEGER)
    return shapeOf(line, [
      [textBetween(line, '"auditID":"', '"'), 'id'],
      [textBetween(line, '"stageTimestamp":"', '"'), 'time'],
    ])
  })
  let sent = 0
  return (count, now) =>
    Array.from({ length: count }, () => {
      sent += 1
      const id = `${sent.toString(16).padStart(8, '0')}-0000-4000-8000-${sent.toString(16).padStart(12, '0')}`
      return (shapes[sent % KINDS] as Shape).filled({ id, time: new Date(now).toISOString() })
    })
}
