import { createRandom, type Random } from './random.ts'

/** A container, as it really is: what joins are compared with. */
export interface Container {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly address: string
  readonly node: Machine
  /** In a cluster, its pod: one container each. */
  readonly pod: string
  readonly started: number
  ended?: number
}

export interface Machine {
  readonly name: string
  readonly kind: 'docker' | 'kubernetes'
  /** Those that run. */
  readonly containers: Container[]
  /** Those that ended, the newest last; a few. */
  readonly past: Container[]
}

export interface World {
  readonly machines: readonly Machine[]
  readonly random: Random
  /** One container of this machine ends and another starts, of an image if that is named; ms. */
  replace(
    machine: Machine,
    now: number,
    image?: string,
  ): { readonly ended: Container; readonly started: Container }
}

/** Machines of a cluster are the last of them. */
const DOCKER_HOSTS = 0.6
/** So many that ended are remembered: connections are told of after their end. */
const PAST = 8
/** Addresses of a cluster's node: each is given again when all others were. */
const POOL = 4

/**
 * *Simulated*: a fleet in which containers come and go. All Docker hosts have the same addresses, as bridges do by
 * default, and whoever starts gets the address of who just ended; addresses of pods are their cluster's, and come
 * again in turn.
 */
export function createWorld(
  { machines: count, containers }: { readonly machines: number; readonly containers: number },
  now: number,
): World {
  const random = createRandom(20_261_121)
  const each = Math.round(containers / count)
  const free = new Map<Machine, string[]>()
  let born = 0
  const start = (node: Machine, address: string, at: number, image?: string): Container => {
    born += 1
    const container: Container = {
      id: random.hex(64),
      name: `${random.of(NAMES)}-${born}`,
      image: image ?? `registry.example/${random.of(TEAMS)}/${random.of(NAMES)}:1.${random.below(3)}`,
      address,
      node,
      pod: uid(random.hex(32)),
      started: at,
    }
    node.containers.push(container)
    return container
  }
  const machines = Array.from({ length: count }, (_, index): Machine => {
    const isDocker = index < Math.round(count * DOCKER_HOSTS)
    const machine: Machine = {
      name: `${isDocker ? 'docker' : 'node'}-${String(index + 1).padStart(2, '0')}`,
      kind: isDocker ? 'docker' : 'kubernetes',
      containers: [],
      past: [],
    }
    const address = (n: number): string => (isDocker ? `172.17.0.${n + 2}` : `10.42.${index}.${n + 2}`)
    for (let n = 0; n < each; n += 1) start(machine, address(n), now - 3_600_000)
    free.set(
      machine,
      Array.from({ length: isDocker ? 0 : POOL }, (_one, n) => address(each + n)),
    )
    return machine
  })
  return {
    machines,
    random,
    replace(machine, at, image) {
      const [ended] = machine.containers.splice(random.below(machine.containers.length), 1)
      if (ended === undefined) throw new Error(`${machine.name} has no containers`)
      ended.ended = at
      machine.past.push(ended)
      if (machine.past.length > PAST) machine.past.shift()
      const addresses = free.get(machine) ?? []
      addresses.push(ended.address)
      return { ended, started: start(machine, addresses.shift() ?? ended.address, at, image) }
    },
  }
}

const TEAMS = ['shop', 'billing', 'search', 'media']
const NAMES = ['web', 'cart', 'api', 'worker', 'cache', 'queue', 'db', 'proxy']

function uid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
