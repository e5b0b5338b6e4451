import { execFileSync } from 'node:child_process'

/** Machines of a network of their own: each a network namespace, joined by a bridge in that of the first. */
export interface AgentNetwork {
  /** Namespace of the machine in the middle, and its address. */
  readonly hub: string
  readonly address: string
  /** Namespaces of the others. */
  readonly machines: readonly string[]
  /** Takes a machine's link away, and gives it back. */
  cut(machine: number): void
  mend(machine: number): void
  stop(): void
}

/** What is needed and missing here. */
export const NETWORK_PACKAGES = { iproute2: 'ip', 'util-linux': 'nsenter', openssl: 'openssl' }

let networks = 0

/** As root. */
export function agentNetwork(count: number): AgentNetwork {
  networks += 1
  const name = `ta${process.pid % 100_000}x${networks}`
  const ip = (...words: readonly string[]): void => void execFileSync('ip', words, { stdio: 'pipe' })
  const hub = `${name}h`
  const machines = Array.from({ length: count }, (_, index) => `${name}m${index}`)
  const stop = (): void => {
    for (const each of [hub, ...machines]) {
      try {
        ip('netns', 'del', each)
      } catch {
        // it was not made
      }
    }
  }
  try {
    for (const each of [hub, ...machines]) {
      ip('netns', 'add', each)
      ip('-n', each, 'link', 'set', 'lo', 'up')
    }
    ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge')
    ip('-n', hub, 'addr', 'add', '10.99.0.1/24', 'dev', 'bridge')
    ip('-n', hub, 'link', 'set', 'bridge', 'up')
    for (const [index, machine] of machines.entries()) {
      ip('-n', hub, 'link', 'add', `port${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', machine)
      ip('-n', hub, 'link', 'set', `port${index}`, 'master', 'bridge', 'up')
      ip('-n', machine, 'addr', 'add', `10.99.0.${index + 2}/24`, 'dev', 'eth0')
      ip('-n', machine, 'link', 'set', 'eth0', 'up')
    }
  } catch (cause) {
    stop()
    throw cause
  }
  return {
    hub,
    address: '10.99.0.1',
    machines,
    cut: (machine) => ip('-n', hub, 'link', 'set', `port${machine}`, 'down'),
    mend: (machine) => ip('-n', hub, 'link', 'set', `port${machine}`, 'up'),
    stop,
  }
}
