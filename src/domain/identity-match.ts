import type { Resource } from './event.ts'

/**
 * A Sigma search identifier for what a name cannot forge: the image by digest together with the host, else the
 * container itself. Undefined where an entity has neither.
 */
export function identityMatch(
  entity: Resource,
): Readonly<Record<string, string | readonly string[]>> | undefined {
  const host = entity['host.name'] === undefined ? {} : { 'host.name|cased': escaped(entity['host.name']) }
  if (entity['container.image.id'] !== undefined)
    return { 'container.image.id|cased': escaped(entity['container.image.id']), ...host }
  if (entity['container.id'] !== undefined) return { 'container.id|cased': escaped(entity['container.id']) }
  return undefined
}

/** Sigma reads * ? and \ in values as wildcards and escapes; these values are text. */
export function escaped(value: string | readonly string[]): string | readonly string[] {
  const one = (text: string): string => text.replace(/[*?\\]/g, '\\$&')
  return typeof value === 'string' ? one(value) : value.map(one)
}
