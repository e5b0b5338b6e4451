import { createHash } from 'node:crypto'
import type { ControlGroup } from './control-groups.ts'
import { shortOf, type Body } from './record.ts'

/** What is unchanged is told whole again after so long, ms: whoever begins to read there knows it then. */
const WHOLE_EVERY = 300_000
const MAX_CONTAINERS = 2_000

/**
 * The line of a look at the containers that run, when one is due: all of them, or that they are those of the line
 * before. `interval` is from one look to the next, ms.
 */
export function createContainerList(
  look: () => readonly ControlGroup[],
  interval: number,
): (now: number) => Body | undefined {
  let [looked, told, digest] = [-Infinity, -Infinity, '']
  return (now) => {
    if (now < looked + interval && now >= looked) return undefined
    looked = now
    const groups = look()
    const containers = groups.slice(0, MAX_CONTAINERS).map(listed)
    const current = createHash('sha256').update(JSON.stringify(containers)).digest('hex').slice(0, 32)
    const isSame = current === digest && now < told + WHOLE_EVERY && now >= told
    const leftOut = groups.length - containers.length
    const body = { kind: 'containers', interval, digest: current, ...(leftOut > 0 && { leftOut }) }
    if (isSame) return body
    ;[told, digest] = [now, current]
    return { ...body, containers }
  }
}

function listed(one: ControlGroup): Readonly<Record<string, unknown>> {
  const { key, named, group, outer, pod, process, parent, namespaces, ownRoot } = one
  return {
    ...(named ? { container: key } : { namespace: key }),
    group,
    ...(outer !== undefined && { outer }),
    ...(pod !== undefined && { pod }),
    ...(process !== undefined && {
      process: { ...shortOf(process), ppid: process.ppid, user: String(process.uid ?? '') },
    }),
    ...(parent !== undefined && { parent: shortOf(parent) }),
    namespaces,
    ownRoot,
  }
}
