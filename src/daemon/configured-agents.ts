import type { InputConfig } from '../config/config.ts'
import { agentsInput } from '../inputs/agents.ts'
import type { Input } from '../inputs/input.ts'

/** The configuration counts in MiB. */
const MIB = 1024 * 1024

/** The input of the configuration that takes what agents send; `agents`: file of those who may. */
export function configuredAgents(
  { name, host, port, tls, limits }: Extract<InputConfig, { type: 'agents' }>,
  agents: string,
  say: (line: string) => void,
): Input {
  return agentsInput({
    name,
    host,
    port,
    tls,
    agents,
    limits: { body: limits.body * MIB, unpacked: limits.unpacked * MIB, waiting: limits.waiting * MIB },
    say,
  })
}
