import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** PEM files of a certificate and its key. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Makes an authority, and certificates of it, with openssl. */
export function createAuthority(folder: string, name = 'ca') {
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'pipe' })
  const filesOf = (own: string): Certificate => ({
    cert: join(folder, `${own}.crt`),
    key: join(folder, `${own}.key`),
  })
  const authority = filesOf(name)
  const newKey = (key: string): string[] => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
  ]
  openssl(
    'req',
    '-x509',
    ...newKey(authority.key),
    '-out',
    authority.cert,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  )
  return {
    ...authority,
    /** For an address and localhost, or for a client. */
    issue(own: string, address = '127.0.0.1'): Certificate {
      const files = filesOf(own)
      const signed = ['-x509', '-CA', authority.cert, '-CAkey', authority.key]
      const names = ['-addext', `subjectAltName=IP:${address},DNS:localhost`]
      const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE']
      const about = ['-out', files.cert, '-days', '2', '-subj', `/CN=${own}`]
      openssl('req', ...signed, ...newKey(files.key), ...about, ...names, ...leaf)
      return files
    },
  }
}
