import { isObject } from './json.ts'
import { shippedSource } from './mapped-source.ts'
import { defineSource } from './source.ts'

const mapped = shippedSource('azure.activity')

/** Read as mappings/azure.activity.yaml says; Event Hubs and storage accounts hold several as `records`. */
export const azureActivity = defineSource({
  ...mapped,
  split: (json) => (isBatch(json) ? json.records : undefined),
})

function isBatch(json: unknown): json is { readonly records: readonly unknown[] } {
  if (!isObject(json) || !Array.isArray(json['records'])) return false
  const [first] = json['records'] as readonly unknown[]
  return (
    isObject(first) && typeof first['operationName'] === 'string' && first['category'] === 'Administrative'
  )
}
