import type { Fact, Resource } from '../domain/event.ts'

/** The attributes that are known. */
export function attributesOf(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, string | readonly string[]>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** What a sensor's record tells of its container, in passing: its engine knows better. */
export function containerFact(resource: Resource, time: number): readonly Fact[] {
  const { 'container.id': id } = resource
  const tells = 'container.image.name' in resource || 'k8s.pod.name' in resource
  if (typeof id !== 'string' || id.length !== 64 || !tells) return []
  return [{ kind: 'container', id, time, resource, mounts: [], partial: true }]
}
