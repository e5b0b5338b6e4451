import { isPlainSetting } from './plain-setting.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Where `kubectl apply` keeps the whole object, a Secret's data too. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
/** Members that hold what is kept in an object, by its kind. */
const KEPT_IN: Readonly<Record<string, readonly string[]>> = {
  Secret: ['data', 'stringData'],
  ConfigMap: ['data', 'binaryData'],
}
const CONTAINER_LISTS = ['containers', 'initContainers', 'ephemeralContainers']

/**
 * An object of the Kubernetes API as far as it is looked at: without the bookkeeping of its managers, the copy that
 * `kubectl apply` leaves, what Secrets and ConfigMaps hold, and the values of environment variables but for settings.
 */
export function trimmedObject(object: JsonObject): JsonObject {
  const { kind } = object
  const held = typeof kind === 'string' && Object.hasOwn(KEPT_IN, kind) ? (KEPT_IN[kind] ?? []) : []
  const kept = Object.entries(object).filter(([name]) => !held.includes(name))
  const trimmed: Record<string, unknown> = Object.fromEntries(kept)
  if (isObject(object['metadata'])) trimmed['metadata'] = trimmedMetadata(object['metadata'])
  if (isObject(object['spec'])) trimmed['spec'] = trimmedSpec(object['spec'])
  return trimmed
}

function trimmedMetadata({ managedFields: _managers, annotations, ...metadata }: JsonObject): JsonObject {
  if (!isObject(annotations)) return metadata
  const { [LAST_APPLIED]: _copy, ...others } = annotations
  return Object.keys(others).length === 0 ? metadata : { ...metadata, annotations: others }
}

/** A PodSpec, or one with a pod template in it, a CronJob's below that of its Jobs. */
function trimmedSpec(spec: JsonObject): JsonObject {
  const trimmed: Record<string, unknown> = { ...spec }
  for (const list of CONTAINER_LISTS)
    if (Array.isArray(spec[list])) trimmed[list] = spec[list].map(withoutValues)
  for (const inner of ['template', 'jobTemplate'])
    if (isObject(spec[inner])) trimmed[inner] = trimmedObject(spec[inner])
  return trimmed
}

function withoutValues(container: unknown): unknown {
  if (!isObject(container) || !Array.isArray(container['env'])) return container
  const env = container['env'].map((entry: unknown) => {
    if (!isObject(entry)) return entry
    const { value, ...rest } = entry
    return isPlainSetting(entry['name'], value) ? entry : rest
  })
  return { ...container, env }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
