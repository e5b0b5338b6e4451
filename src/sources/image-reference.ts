/** The parts of an image reference, as OpenTelemetry names them. */
export interface ImageReference {
  readonly name?: string
  readonly tags?: readonly string[]
  readonly repoDigests?: readonly string[]
  readonly id?: string
}

/**
 * Takes `registry:5000/path/name:tag@sha256:…` apart (the grammar of distribution/reference). A bare digest is
 * an image id.
 */
export function parseImage(reference: string): ImageReference {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(reference)) {
    return { id: reference.startsWith('sha256:') ? reference : `sha256:${reference}` }
  }
  const at = reference.indexOf('@')
  const named = at === -1 ? reference : reference.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const name = hasTag ? named.slice(0, colon) : named
  return {
    name,
    ...(hasTag && { tags: [named.slice(colon + 1)] }),
    ...(at !== -1 && { repoDigests: [`${name}${reference.slice(at)}`] }),
  }
}

/** Resource attributes of an image reference. */
export function imageAttributes(reference: string | undefined): Record<string, string | readonly string[]> {
  if (reference === undefined) return {}
  const image = parseImage(reference)
  return {
    ...(image.id !== undefined && { 'container.image.id': image.id }),
    ...(image.name !== undefined && { 'container.image.name': image.name }),
    ...(image.tags !== undefined && { 'container.image.tags': image.tags }),
    ...(image.repoDigests !== undefined && { 'container.image.repo_digests': image.repoDigests }),
  }
}

/** A repository's whole name: Docker Hub's have neither its host nor, where Docker itself keeps them, a folder. */
export function repositoryOf(name: string): string {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const isHost = /[.:]/.test(first) || first === 'localhost'
  if (isHost && !/^(?:index\.)?docker\.io$/.test(first)) return name
  const path = isHost ? name.slice(slash + 1) : name
  return `docker.io/${path.includes('/') ? path : `library/${path}`}`
}
