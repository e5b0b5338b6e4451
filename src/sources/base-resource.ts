import type { Event, Fact, Resource, SourceName } from '../domain/event.ts'

/** Sources that tell what they see of the machine on which they run; others look at more, or at none. */
const OF_THEIR_MACHINE: ReadonlySet<SourceName> = new Set([
  'docker.events',
  'docker.inspect',
  'docker.stats',
  'docker.changes',
  'podman.events',
  'containerd.events',
  'falco',
  'sensor',
  'tetragon',
  'tracee',
  'auditd',
  'laurel',
  'sysmon.linux',
  'fim.aide',
  'fim.osquery',
  'fim.wazuh',
  'fim.auditbeat',
])
/** Whether records of the source are about the machine on which they are written. */
export function isOfItsMachine(source: SourceName): boolean {
  return OF_THEIR_MACHINE.has(source)
}

const OF_ANY = ['k8s.cluster.name', 'cloud.provider'] as const
const OF_A_MACHINE = ['host.name', 'k8s.node.name'] as const

/**
 * What a transport says of where records were written, as far as it holds for what they are about: the cluster, and
 * for sensors of a machine that machine. What the records say themselves goes before, and of another machine nothing
 * is added.
 */
export function withBase<T extends Pick<Event, 'resource'>>(
  base: Resource | undefined,
  source: SourceName,
  of: T,
): T {
  if (base === undefined) return of
  const { resource } = of
  const isElsewhere = OF_A_MACHINE.some(
    (name) => resource[name] !== undefined && resource[name] !== base[name],
  )
  const names = OF_THEIR_MACHINE.has(source) && !isElsewhere ? [...OF_ANY, ...OF_A_MACHINE] : OF_ANY
  const added = names.filter((name) => base[name] !== undefined && resource[name] === undefined)
  if (added.length === 0) return of
  return { ...of, resource: { ...resource, ...Object.fromEntries(added.map((name) => [name, base[name]])) } }
}

/** The same of facts: of containers, and of nothing else. */
export function factWithBase(base: Resource | undefined, source: SourceName, fact: Fact): Fact {
  return fact.kind === 'container' ? withBase(base, source, fact) : fact
}
