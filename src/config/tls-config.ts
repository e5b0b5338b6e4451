import { z } from 'zod'

const file = z.string().min(1)

/** PEM files of a server. */
export const serverTlsSchema = z.strictObject({
  cert: file.describe('PEM file of the certificate, with its chain; read again when it changes'),
  key: file.describe('PEM file of its key'),
})

/** The same, and of the authority of its senders. */
export function tlsSchema(clientCa: string) {
  return serverTlsSchema.extend({ clientCa: file.optional().describe(clientCa) })
}
export type TlsConfig = z.infer<ReturnType<typeof tlsSchema>>

/** The same with absolute paths. */
export function withAbsoluteTls(tls: TlsConfig, absolute: (path: string) => string): TlsConfig {
  return {
    cert: absolute(tls.cert),
    key: absolute(tls.key),
    ...(tls.clientCa !== undefined && { clientCa: absolute(tls.clientCa) }),
  }
}
