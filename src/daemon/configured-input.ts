import { join } from 'node:path'
import type { InputConfig } from '../config/config.ts'
import { engineLooks } from '../config/docker-config.ts'
import type { ProbeSending } from '../domain/audit-probe.ts'
import { parseDuration } from '../domain/day.ts'
import type { SourceName } from '../domain/event.ts'
import { certstoreInput } from '../inputs/certstore.ts'
import { dockerInput } from '../inputs/docker.ts'
import { fileInput } from '../inputs/file.ts'
import type { Input } from '../inputs/input.ts'
import { onceThere } from '../inputs/once-there.ts'
import { stdinInput } from '../inputs/stdin.ts'
import { mappedSource } from '../sources/mapped-source.ts'
import type { Source } from '../sources/source.ts'
import { configuredAgents } from './configured-agents.ts'
import { configuredHttp } from './configured-http.ts'
import { configuredKubernetes } from './configured-kubernetes.ts'
import { configuredPrometheus } from './configured-prometheus.ts'
import { configuredSyslog } from './configured-syslog.ts'
import { dataFiles } from './data-folder.ts'

/** What inputs need besides their own configuration. */
export interface InputPlaces {
  /** The data folder, for a token that is made. */
  readonly data: string
  /** One line for people. */
  readonly say: (line: string) => void
  /** Where it is noted which probes of an audit log are sent; nobody looks for them where there is none. */
  readonly probes?: ProbeSending
}

/** The input that a configuration asks for. */
export function configuredInput(config: InputConfig, places: InputPlaces): Input {
  const { data, say } = places
  switch (config.type) {
    case 'file':
      return fileInput({ name: config.name, paths: config.paths, follow: config.follow })
    case 'docker':
      return dockerInput({
        name: config.name,
        socket: config.socket,
        now: Date.now,
        looks: engineLooks(config),
      })
    case 'stdin':
      return stdinInput({ name: config.name, live: true })
    case 'http':
      return configuredHttp(config, join(data, `${config.name}.token`), say)
    case 'agents':
      return configuredAgents(config, dataFiles(data).agents, say)
    case 'certstore':
      return certstoreInput({
        name: config.name,
        paths: config.paths,
        interval: parseDuration(config.interval) ?? 0,
      })
    case 'kubernetes':
      return configuredKubernetes(config, places)
    case 'prometheus':
      return configuredPrometheus(config)
    case 'syslog':
      return configuredSyslog(config, say)
  }
}

/** What was discovered, read as soon as it is there. */
export function awaitedInput(config: InputConfig, places: InputPlaces): Input {
  if (config.type === 'docker') return onceThere(config.socket, configuredInput(config, places))
  if (config.type !== 'file') return configuredInput(config, places)
  return fileInput({ name: config.name, paths: config.paths, follow: config.follow, awaited: true })
}

/** The sources as which inputs may speak, by name: of the inputs that say so. */
export function speaksAs(inputs: readonly InputConfig[]): ReadonlyMap<string, readonly SourceName[]> {
  return new Map(
    inputs.flatMap((input): (readonly [string, readonly SourceName[]])[] => {
      // whoever writes certificates speaks of certificates
      if (input.type === 'certstore') return [[input.name, ['certstore']]]
      if (input.type === 'kubernetes') return [[input.name, ['kubernetes.api']]]
      return 'sources' in input && input.sources !== undefined ? [[input.name, input.sources]] : []
    }),
  )
}

/** What inputs read besides, by name: of those that name a mapping. */
export function mappedBesides(inputs: readonly InputConfig[]): ReadonlyMap<string, Source> {
  return new Map(
    inputs.flatMap((input): (readonly [string, Source])[] =>
      'mapping' in input && typeof input.mapping === 'object'
        ? [[input.name, mappedSource('custom', input.mapping)]]
        : [],
    ),
  )
}
