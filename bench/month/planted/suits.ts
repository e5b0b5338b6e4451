import type { Instance } from '../instance.ts'
import type { Life } from '../life/life.ts'
import { accountOf } from '../records/kubernetes.ts'
import type { Workload } from '../world.ts'

/** Runs all day. */
export const isService = ({ role }: Workload): boolean => role !== 'ci' && role !== 'cron'

/** Runs all day, in Kubernetes. */
export const isInCluster = (workload: Workload): boolean => isService(workload) && workload.host === undefined

/** How an alert may call the workload: by its own name, or by that of its container. */
export function namesOf(workload: Workload): readonly string[] {
  return [workload.name, `${workload.name}-1`, accountOf(workload)]
}

/** Does it with the oldest container of the workload, at that time. */
export function within(
  { simulation, fleet }: Life,
  workload: Workload,
  time: number,
  happens: (one: Instance) => void,
): void {
  simulation.at(time, () => {
    const [one] = fleet.of(workload)
    if (one !== undefined) happens(one)
  })
}

/** Above what is usual by six times what usual values are apart, where the logarithm is spread by `sigma`. */
export function wellAbove(median: number, sigma: number): number {
  return median * (1 + 6 * 1.4826 * (Math.exp(0.6745 * sigma) - 1))
}
