import { posix } from 'node:path'
import type { HostMount } from './event.ts'

/**
 * The host's path of a path in a container, through the mount nearest above it; undefined where the path
 * is the container's own, relative, or below a mount that refuses writes, unless it is only read.
 */
export function hostPathOf(path: string, mounts: readonly HostMount[], isRead = false): string | undefined {
  if (!path.startsWith('/')) return undefined
  const normal = posix.normalize(path)
  let nearest: HostMount | undefined
  for (const mount of mounts) {
    if (!isBelow(normal, mount.destination)) continue
    if (nearest === undefined || mount.destination.length > nearest.destination.length) nearest = mount
  }
  if (nearest === undefined || (nearest.readOnly && !isRead)) return undefined
  return posix.join(nearest.source, normal.slice(nearest.destination.length))
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
