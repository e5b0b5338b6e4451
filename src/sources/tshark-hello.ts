import { cipherSuite } from './cipher-suites.ts'
import { known } from './json.ts'
import type { JsonObject } from './json.ts'
import { tlsVersion } from './tls-version.ts'
import type { Packet } from './tshark-packet.ts'

const HELLO = { client: '1', server: '2' } as const

/** Whether one of the messages of a packet is the hello of that side, by its number in the handshake. */
export function isHello(types: readonly string[], side: keyof typeof HELLO): boolean {
  return types.includes(HELLO[side])
}

/** What a client asks for. */
export function clientHello({ values }: Packet): JsonObject {
  return known({
    server_name: values('tls_handshake_extensions_server_name')[0]?.slice(0, 256),
    ja3: values('tls_handshake_ja3')[0]?.slice(0, 64),
  })
}

/** What a server chose, under Zeek's names, and as it stands in the packet. */
export function serverHello({ values }: Packet): JsonObject {
  // since TLS 1.3 the version stands in an extension; before it is what the hello itself says
  const native = values('tls_handshake_extensions_supported_version')[0] ?? values('tls_handshake_version')[0]
  const cipher = values('tls_handshake_ciphersuite')[0]
  return known({
    version: tlsVersion(native),
    cipher: cipher === undefined ? undefined : cipherSuite(Number(cipher)),
    established: native !== undefined && cipher !== undefined,
    next_protocol: values('tls_handshake_extensions_alpn_str')[0]?.slice(0, 64),
    ja3s: values('tls_handshake_ja3s')[0]?.slice(0, 64),
    'tls.handshake.version': native?.slice(0, 16),
    'tls.handshake.ciphersuite': cipher?.slice(0, 16),
  })
}
