import { groupLabel } from './entity-label.ts'
import type { Resource } from './event.ts'

/** What an analyst calls the entity: `namespace/pod`, or the container with its image, who asked, the machine. Hostile text. */
export function entityName(entity: Resource): string {
  const pod = entity['k8s.pod.name']
  if (pod !== undefined) return `${String(entity['k8s.namespace.name'] ?? '')}/${String(pod)}`
  const name =
    entity['container.name'] ??
    entity['container.id'] ??
    entity['user.name'] ??
    groupLabel(entity) ??
    entity['host.name'] ??
    ''
  const image = entity['container.image.name']
  return image === undefined ? String(name) : `${String(name)} (${String(image)})`
}
