/** Folders at which engines keep a container's root, or what it wrote: overlay2, containers/storage, containerd. */
const ROOT = /\/(?:diff|merged|fs)(?=\/|$)/g
const MAX_ROOTS = 4

/** The folders above a file of a host at which the root of a container may stand, the outermost first. */
export function rootsAbove(path: string): readonly string[] {
  const roots: string[] = []
  for (const { index, 0: name } of path.matchAll(ROOT)) {
    roots.push(path.slice(0, index + name.length))
    if (roots.length === MAX_ROOTS) break
  }
  return roots
}

/** `hostFile` of an event: a file of the host that may be a container's own. */
export function hostFileOf(path: unknown): { readonly hostFile?: string } {
  return typeof path === 'string' && path.length <= 4_096 && rootsAbove(path).length > 0
    ? { hostFile: path }
    : {}
}
