import type { InputConfig } from '../config/config.ts'
import { SYSLOG_PORTS } from '../config/syslog-config.ts'
import type { Input } from '../inputs/input.ts'
import { syslogInput } from '../inputs/syslog.ts'

const [KIB, MIB] = [1024, 1024 * 1024]

/** The syslog input of the configuration. */
export function configuredSyslog(
  { name, transport, host, port, from, tls, zone, limits }: Extract<InputConfig, { type: 'syslog' }>,
  say: (line: string) => void,
): Input {
  return syslogInput({
    name,
    transport,
    host,
    port: port ?? SYSLOG_PORTS[transport],
    from,
    tls,
    zone,
    limits: { message: limits.message * KIB, waiting: limits.waiting * MIB },
    say,
  })
}
