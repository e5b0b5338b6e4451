import { objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

/**
 * Where a container's root stands on its host, as the storage driver of its inspect record says it: what it wrote,
 * and, while it runs, all of it. Layers that it shares with others are nobody's.
 */
export function rootsOf(inspect: JsonObject): { readonly roots?: readonly string[] } {
  const data = objectOf(objectOf(inspect['GraphDriver'])['Data'])
  const roots = ['UpperDir', 'MergedDir'].flatMap((name) => textOf(data[name]) ?? [])
  const folders = roots.filter((root) => root.startsWith('/') && root.length <= 1_024)
  return folders.length > 0 ? { roots: folders } : {}
}
