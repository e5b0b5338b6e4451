import type { ContainerRow, CreatorRow } from '../domain/state.ts'
import { createCreators, creatorAttributes } from './creators.ts'

/** What is known of containers by their id, with who created them. */
export function withCreators(reader: {
  readonly container: (id: string) => ContainerRow | undefined
  creators(): readonly CreatorRow[]
}): (id: string) => Pick<ContainerRow, 'resource'> | undefined {
  const creators = createCreators(reader.creators())
  return (id) => {
    const row = reader.container(id)
    const uid = { ...row?.resource, ...row?.pod }['k8s.pod.uid']
    const creator = typeof uid === 'string' ? creators.of(uid) : undefined
    return row === undefined || creator === undefined
      ? row
      : { resource: { ...row.resource, ...creatorAttributes(creator) } }
  }
}
