const CONTAINER =
  /^(?:(?:docker|libpod|cri-containerd|containerd|crio|nerdctl|podman)-)?([0-9a-f]{64})(?:\.scope)?$/

/**
 * The container's full id in the names of a control group and those above it; undefined where none of them is
 * a container's. The one nearest to the root counts: below it a container may make and name groups as it likes.
 */
export function containerOf(names: readonly string[]): string | undefined {
  for (const name of names) {
    const id = CONTAINER.exec(name)?.[1]
    if (id !== undefined) return id
  }
  return undefined
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
