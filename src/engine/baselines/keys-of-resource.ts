import type { Event, Resource } from '../../domain/event.ts'
import type { Baseline } from '../../sigma/sigma.ts'
import { groupReader } from '../group-reader.ts'
import { combinations } from '../signals.ts'

/** Which keys of a baseline are about somebody: one, or all that begin so, where more than who it is makes a key. */
export type KeysOf =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  /** The value stands further behind. */
  | { readonly kind: 'text'; readonly text: string }

/** Attributes that one machine or cluster shares: what is learned of these is about no workload. */
const SHARED: ReadonlySet<string> = new Set([
  'host.name',
  'k8s.node.name',
  'k8s.cluster.name',
  'k8s.namespace.name',
])

/** The keys of a baseline that are about whom a resource names. None where its keys are about something else. */
export function keysOfResource(
  { peers }: Pick<Baseline, 'peers'>,
  resource: Resource,
  source: Event['source'],
): readonly KeysOf[] {
  const event: Event = { id: '', time: 0, source, logsource: {}, resource, record: {}, mapping: {} }
  const values = peers.map((name) => combinations([groupReader(name)], event, 1)[0]?.[0])
  const isAbout = peers.some((name, at) => !SHARED.has(name) && values[at] !== undefined)
  if (!isAbout) return []
  const missing = values.indexOf(undefined)
  if (missing === -1) return [{ kind: 'key', key: JSON.stringify(values) }]
  if (missing > 0)
    return [{ kind: 'prefix', prefix: `${JSON.stringify(values.slice(0, missing)).slice(0, -1)},` }]
  const told = values.find((value) => value !== undefined)
  return told === undefined ? [] : [{ kind: 'text', text: JSON.stringify(told) }]
}
