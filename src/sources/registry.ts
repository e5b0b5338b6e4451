import { isObject } from './json.ts'
import { shippedSource } from './mapped-source.ts'
import { defineSource } from './source.ts'

const mapped = shippedSource('registry')

/** Read as mappings/registry.yaml says; several stand in an envelope. */
export const registry = defineSource({
  ...mapped,
  split: (json) => (isEnvelope(json) ? json.events : undefined),
})

function isEnvelope(json: unknown): json is { readonly events: readonly unknown[] } {
  if (!isObject(json) || !Array.isArray(json['events'])) return false
  const [first] = json['events'] as readonly unknown[]
  return isObject(first) && isObject(first['target']) && isObject(first['source'])
}
