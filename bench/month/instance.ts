import type { Random } from './random.ts'
import type { Workload } from './world.ts'

/** A running container of a workload. */
export interface Instance {
  readonly workload: Workload
  /** Of its pod; with Docker, of the container. */
  readonly name: string
  readonly uid: string
  /** 64 digits. */
  readonly id: string
  readonly address: string
  /** The machine that it runs on. */
  readonly node: string
  readonly release: Release
  /** ms since the epoch. */
  readonly started: number
  /** What its counters show. */
  readonly used: { cpu: number; writes: number; sent: number; received: number; asked: number }
}

/** A version of a workload's image. */
export interface Release {
  readonly tag: string
  /** sha256:… */
  readonly digest: string
  /** Names the ReplicaSet. */
  readonly hash: string
}

export function releaseOf(random: Random, number: number): Release {
  return { tag: `2.${number}.${random.below(5)}`, digest: `sha256:${random.hex(64)}`, hash: random.hex(9) }
}

/** `job`: the name of the Job, of a pod that runs once. */
export function instanceOf(
  random: Random,
  place: Pick<Instance, 'workload' | 'address' | 'node' | 'release' | 'started'> & {
    readonly job?: string | undefined
  },
): Instance {
  const { workload, release, job, ...rest } = place
  const pod =
    job === undefined ? `${workload.name}-${release.hash}-${random.hex(5)}` : `${job}-${random.hex(5)}`
  return {
    ...rest,
    workload,
    release,
    name: workload.host === undefined ? pod : `${workload.name}-1`,
    uid: random.uuid(),
    id: random.hex(64),
    used: { cpu: 0, writes: 0, sent: 0, received: 0, asked: place.started },
  }
}
