import { readFileSync } from 'node:fs'

/**
 * Datagrams that the kernel dropped because nobody read them in time, of all sockets of this port and family since
 * they were opened: the last column of /proc/net/udp (https://docs.kernel.org/networking/proc_net_tcp.html describes
 * the others). Undefined where the system does not say.
 */
export function droppedByKernel(type: 'udp4' | 'udp6', port: number): number | undefined {
  let table: string
  try {
    table = readFileSync(type === 'udp4' ? '/proc/self/net/udp' : '/proc/self/net/udp6', 'latin1')
  } catch {
    return undefined
  }
  const own = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(own) === true)
    .reduce((sum, columns) => sum + Number(columns.at(-1) ?? 0), 0)
}
