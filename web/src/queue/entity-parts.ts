import type { Resource } from '../api/types.ts'

/** The image with its tags, without a registry’s digest; empty where none is known. */
export function imageLabel(entity: Resource): string {
  const name = one(entity, 'container.image.name')
  const tags = entity['container.image.tags']
  const tag = Array.isArray(tags) ? (tags[0] as string | undefined) : tags
  return name === '' ? '' : tag === undefined || tag === '' ? name : `${name}:${String(tag)}`
}

/** Where it runs: cluster and node, or the host. */
export function placeLabel(entity: Resource): string {
  return [one(entity, 'k8s.cluster.name'), one(entity, 'k8s.node.name') || one(entity, 'host.name')]
    .filter(Boolean)
    .join(' / ')
}

/** Who created it, and who says so; empty where nobody does. */
export function creatorLabel(entity: Resource): string {
  const name = one(entity, 'container.creator.name')
  const by = SAID_BY[one(entity, 'container.creator.told_by')] ?? ''
  return name === '' ? '' : `created by ${name}${by === '' ? '' : ` (${by})`}`
}

const SAID_BY: Readonly<Record<string, string>> = {
  audit: 'API server’s log',
  engine: 'its engine runs so',
  label: 'a label says so',
}

function one(entity: Resource, name: string): string {
  const value = entity[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}
