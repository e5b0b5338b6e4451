import type { Resource } from '../domain/event.ts'
import { parseImage, repositoryOf } from './image-reference.ts'
import { listOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'

/** What the Docker input adds to a container's specification of its image: resource attributes, and fields. */
export interface DockerImage {
  readonly resource: Resource
  /** Of the category container_create. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** `reference`: the name by which the container was made of it. */
export function dockerImage(image: JsonObject, reference: string | undefined): DockerImage {
  if (image['removed'] === true) return { resource: {}, fields: { 'container.image.removed': true } }
  if (!Array.isArray(image['Layers'])) return { resource: {}, fields: {} }
  const config = objectOf(image['Config'])
  const layers = textsOf(image['Layers'])
  const digests = textsOf(image['RepoDigests'])
  const created = textOf(image['Created'])
  const user = textOf(config['User'])
  return {
    resource: digests.length === 0 ? {} : { 'container.image.repo_digests': digests },
    fields: {
      'container.image.created': created?.startsWith('0001-') === true ? undefined : created,
      'container.image.layers': layers,
      'container.image.base_layer': layers[0],
      'container.image.history': textsOf(image['History'])
        .map(stepOf)
        .filter((step) => step !== ''),
      'container.image.history_cut': image['cut'] === true ? true : undefined,
      'container.image.user': user ?? '',
      'container.image.entrypoint': wordsOf(config['Entrypoint']),
      'container.image.command': wordsOf(config['Cmd']),
      'container.image.env.names': textsOf(config['Env']),
      'container.image.volumes': Object.keys(objectOf(config['Volumes'])),
      'container.image.local': digests.length === 0,
      'container.image.renamed': isRenamed(digests, reference),
    },
  }
}

function wordsOf(value: unknown): readonly string[] {
  const single = textOf(value)
  return single === undefined ? textsOf(listOf(value)) : [single]
}

/** Whether registries have it under other names alone than the one that it goes by here. */
function isRenamed(digests: readonly string[], reference: string | undefined): boolean | undefined {
  const { name } = parseImage(reference ?? '')
  if (digests.length === 0 || name === undefined || name === '') return undefined
  const own = repositoryOf(name)
  return digests.every((digest) => repositoryOf(digest.split('@', 1)[0] ?? '') !== own)
}

/**
 * How a layer was made, without the values of variables: `ENV` and `ARG` keep names alone, `RUN` loses the arguments of
 * the build, and what the classic builder writes before its steps is left out.
 */
function stepOf(text: string): string {
  const step = text
    .replace(/^(?:\/bin\/sh -c|cmd \/S \/C|powershell -Command)\s+#\(nop\)\s+/, '')
    .replace(/\s+# buildkit$/, '')
    .trim()
  const variables = /^(ENV|ARG)\s+(.*)$/s.exec(step)
  if (variables !== null) return `${variables[1]} ${namesIn(variables[2] ?? '')}`
  return withoutArguments(step)
}

/** `A=1 B="2 3"`, or `A 1` as the old form is. */
function namesIn(text: string): string {
  const names = [...text.matchAll(/(?:^|\s)([A-Za-z_][A-Za-z0-9_]*)=(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s]*)/gs)]
  if (names.length > 0) return names.map(([, name]) => name).join(' ')
  return text.split(/[\s=]/, 1)[0] ?? ''
}

/** `RUN |2 A=1 B=2 /bin/sh -c …`: so many arguments of the build come first, whose values may be secrets. */
function withoutArguments(step: string): string {
  const [counted, run = '', count] = /^(RUN )?\|(\d{1,3}) /.exec(step) ?? []
  if (counted === undefined) return step
  const name = /(?:^|\s)[A-Za-z_]\w*=/g
  const rest = step.slice(counted.length)
  for (let nth = 0; nth < Number(count) && name.exec(rest) !== null; nth += 1);
  const behind = rest.slice(name.lastIndex)
  // values may hold blanks, and a shell is named by its path
  const [command = ''] = /\s\/.*/s.exec(behind) ?? /\s.*/s.exec(behind) ?? []
  return `${run}${command.trim()}`.trim()
}
