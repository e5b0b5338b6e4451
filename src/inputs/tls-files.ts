import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { UserError } from '../domain/errors.ts'

/** PEM files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  /** Authority of senders' certificates. */
  readonly clientCa?: string | undefined
}

export function tlsFileNames(tls: TlsFiles | undefined): readonly string[] {
  if (tls === undefined) return []
  return [tls.cert, tls.key, ...(tls.clientCa === undefined ? [] : [tls.clientCa])]
}

/**
 * What a server of TLS is made with. Certificates of senders are asked for where an authority is named, and who
 * shows none of it is connected all the same: see `certificateOf`. Throws a UserError where the files are of no use.
 */
export function readTls({ cert, key, clientCa }: TlsFiles) {
  const context = {
    cert: readPem(cert),
    key: readPem(key),
    minVersion: 'TLSv1.2' as const,
    ...(clientCa !== undefined && { ca: readPem(clientCa), requestCert: true, rejectUnauthorized: false }),
  }
  try {
    createSecureContext(context)
  } catch (cause) {
    throw new UserError(`cannot use ${cert} with ${key}: ${(cause as Error).message}`, {
      file: cert,
      mend: 'name PEM files of a certificate (with its chain) and of the key that belongs to it',
      cause,
    })
  }
  return context
}

/**
 * Whose certificate, of the authority that is named, the other end shows; hostile. Undefined for none, and where none
 * is asked for.
 */
export function certificateOf(socket: Socket): string | undefined {
  if (!('authorized' in socket)) return undefined
  const secured = socket as TLSSocket
  if (!secured.authorized) return undefined
  const { CN } = secured.getPeerCertificate().subject ?? {}
  return `certificate ${Array.isArray(CN) ? CN.join('+') : (CN ?? 'without a name')}`
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new UserError(`cannot read ${(cause as Error).message}`, {
      file,
      mend: 'name an existing PEM file under tls, readable for this user',
      cause,
    })
  }
}
