import { known } from './json.ts'
import type { JsonObject } from './json.ts'

/** The ends of a connection; the client opened it. */
export interface Ends {
  readonly client: string | undefined
  readonly clientPort?: number | undefined
  readonly server: string | undefined
  readonly serverPort?: number | undefined
}

/** Sigma's names of a connection that was opened, those of Sysmon and of firewalls; `names` are those that the server's address was looked up by. */
export function connectionNames(ends: Ends, protocol?: string, names: readonly string[] = []): JsonObject {
  return known({
    Initiated: 'true',
    Protocol: protocol?.toLowerCase(),
    SourceIp: ends.client,
    SourcePort: ends.clientPort,
    DestinationIp: ends.server,
    DestinationPort: ends.serverPort,
    DestinationHostname: names.length > 1 ? names : names[0],
    src_ip: ends.client,
    src_port: ends.clientPort,
    dst_ip: ends.server,
    dst_port: ends.serverPort,
  })
}

/** Zeek's names of both ends, which rules about handshakes use. */
export function endNames(ends: Ends): JsonObject {
  return known({
    'id.orig_h': ends.client,
    'id.orig_p': ends.clientPort,
    'id.resp_h': ends.server,
    'id.resp_p': ends.serverPort,
  })
}
