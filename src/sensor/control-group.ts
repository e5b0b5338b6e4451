const CONTAINER =
  /^(?:(?:docker|libpod|cri-containerd|containerd|crio|nerdctl|podman)-)?([0-9a-f]{64})(?:\.scope)?$/

/**
 * The container's full id in the names of a control group and those above it; undefined where none of them is
 * a container's. The one nearest to the root counts: below it a container may make and name groups as it likes.
 */
export function containerOf(names: readonly string[]): string | undefined {
  return containersIn(names)[0]
}

/** All ids in the names of a control group, the one nearest to the root first. */
export function containersIn(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => CONTAINER.exec(name)?.[1] ?? [])
}

/** The same from the lines of /proc/<pid>/cgroup, of any version. */
export function containerOfProcess(cgroup: string): string | undefined {
  for (const line of cgroup.split('\n')) {
    const path = line.split(':').slice(2).join(':')
    const id = containerOf(path.split('/'))
    if (id !== undefined) return id
  }
  return undefined
}
