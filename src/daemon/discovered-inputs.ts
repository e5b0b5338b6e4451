import { join } from 'node:path'
import { stringify } from 'yaml'
import { CLUSTER_RESOURCES } from '../inputs/kubernetes-resources.ts'
import type { InputConfig } from '../config/config.ts'
import type { SourceName } from '../domain/event.ts'
import type { Discovered } from './discovery.ts'
import { ACCOUNT_TOKEN } from './places.ts'

/** An input as discovery starts it: watched from the moment on at which one of its paths is there. */
export type DiscoveredInput = Extract<InputConfig, { type: 'docker' | 'file' | 'kubernetes' }>

/**
 * One input a kind of telemetry. What is not there yet is waited for, unless few machines have it. Sockets in which
 * other users have a hand are left alone: whoever answers there says what it likes of any container. So is access to a
 * cluster that was not given to this.
 */
export function discoveredInputs(places: readonly Discovered[]): readonly DiscoveredInput[] {
  const sockets = places.filter(
    ({ type, rare, state, others }) =>
      type === 'docker' && others !== true && (rare !== true || isThere(state)),
  )
  const clusters = places.filter(
    ({ type, state, reserved }) => type === 'kubernetes' && reserved === undefined && isThere(state),
  )
  const files = Map.groupBy(
    places.filter(({ type }) => type === 'file'),
    ({ input }) => input,
  )
  return [
    ...uniquelyNamed(sockets).map(([name, { path }]) => ({ type: 'docker' as const, name, socket: path })),
    ...uniquelyNamed(clusters).map(([name, { path }]) => ({
      type: 'kubernetes' as const,
      name,
      ...(path !== ACCOUNT_TOKEN && { kubeconfig: path }),
      resources: CLUSTER_RESOURCES.map((each) => each.name),
    })),
    ...[...files].map(([name, some]) => ({
      type: 'file' as const,
      name,
      paths: some.flatMap(pathsOf),
      sources: sourcesOf(some),
      follow: true,
    })),
  ]
}

/** The lines that `tallyman.yaml` needs to read what was found; comments for what is another’s. */
export function yamlOf(places: readonly Discovered[], { schema }: { readonly schema: string }): string {
  const found = places.filter(({ state, type }) => isThere(state) && type !== 'unread').map(asItIs)
  const others = found.filter((place) => place.others === true || place.reserved !== undefined)
  const lines = discoveredInputs(found).map((input) => `  ${linesOf(input).replaceAll('\n', '\n  ')}`)
  return [
    `# yaml-language-server: $schema=${schema}`,
    lines.length === 0 ? 'inputs: []' : `inputs:\n${lines.join('\n')}`,
    ...others.flatMap((place) => [
      `# ${oneLine(place.what)}, ${oneLine(place.path)}: ${place.reserved ?? 'another user’s'}, not read unless you add`,
      ...(entryOf(place) ?? '').split('\n').map((line) => `#   ${line}`),
    ]),
    '',
  ].join('\n')
}

/** The entry of `inputs:` that reads this one place; undefined where nothing here can. */
export function entryOf(place: Discovered): string | undefined {
  const { others: _others, reserved: _reserved, ...asked } = place
  const [input] = place.type === 'unread' ? [] : discoveredInputs([asItIs({ ...asked, state: 'found' })])
  return input === undefined ? undefined : linesOf(input)
}

function linesOf(input: DiscoveredInput): string {
  return stringify([entryFor(input)], { lineWidth: 0 }).trimEnd()
}

function entryFor(input: DiscoveredInput): object {
  const { type, name } = input
  if (type === 'docker') return { type, name, socket: input.socket }
  if (type === 'file') return { type, name, paths: input.paths, sources: input.sources }
  return { type, name, ...(input.kubeconfig !== undefined && { kubeconfig: input.kubeconfig }) }
}

function sourcesOf(places: readonly Discovered[]): SourceName[] {
  return [...new Set(places.flatMap(({ sources = [] }) => sources))]
}

/** The paths of a place that are read. */
export function pathsOf({ path, only }: Discovered): readonly string[] {
  return only === undefined ? [path] : only.map((name) => join(path, name))
}

/** A configuration names what is there: a path that is not would be a mistake in it. */
function asItIs(place: Discovered): Discovered {
  const { present = [] } = place
  return present.length === 0 ? place : { ...place, only: present }
}

function isThere(state: Discovered['state']): boolean {
  return state !== 'absent'
}

/** Two sockets of one kind are two inputs. */
function uniquelyNamed(places: readonly Discovered[]): readonly (readonly [string, Discovered])[] {
  const counts = new Map<string, number>()
  return places.map((place) => {
    const n = (counts.get(place.input) ?? 0) + 1
    counts.set(place.input, n)
    return [n === 1 ? place.input : `${place.input}-${n}`, place] as const
  })
}

/** A comment ends with its line. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
