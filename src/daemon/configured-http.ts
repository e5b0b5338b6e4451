import type { InputConfig } from '../config/config.ts'
import { httpInput } from '../inputs/http.ts'
import type { Input } from '../inputs/input.ts'

/** The configuration counts in MiB. */
const MIB = 1024 * 1024

/** The HTTP input of the configuration; where that names no tokens, its own stands in `ownToken`. */
export function configuredHttp(
  { name, host, port, tls, tokens, limits }: Extract<InputConfig, { type: 'http' }>,
  ownToken: string,
  say: (line: string) => void,
): Input {
  return httpInput({
    name,
    host,
    port,
    tls,
    tokens,
    ownToken,
    limits: { body: limits.body * MIB, unpacked: limits.unpacked * MIB, waiting: limits.waiting * MIB },
    say,
  })
}
