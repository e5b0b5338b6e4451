/** `TLSv1`, `TLS 1.2`, `TLSv1.3`, `TLS 1.3 draft-18`, `SSLv3`, `DTLSv12`. */
const SPELLED = /^(D?TLS|SSL) ?v?(\d)(?:\.?(\d))?(?:[ -]?draft-?<?(\d{1,2}))?$/i
/** As it stands in a handshake; https://www.iana.org/assignments/tls-parameters, RFC 9147. */
const NUMBERED: Readonly<Record<number, string>> = {
  0x0002: 'SSLv2',
  0x0300: 'SSLv3',
  0x0301: 'TLSv10',
  0x0302: 'TLSv11',
  0x0303: 'TLSv12',
  0x0304: 'TLSv13',
  0xfeff: 'DTLSv10',
  0xfefd: 'DTLSv12',
  0xfefc: 'DTLSv13',
}

/**
 * A version of TLS in the spelling of Zeek, which rules use: `SSLv3`, `TLSv10`, `TLSv13`, `TLSv13-draft18`.
 * Undefined for what names none.
 */
export function tlsVersion(native: string | undefined): string | undefined {
  if (native === undefined || native.length > 32) return undefined
  if (/^0x[\da-f]{1,4}$/i.test(native)) return tlsVersionOf(Number.parseInt(native, 16))
  const [, name = '', major, minor, draft] = SPELLED.exec(native) ?? []
  if (major === undefined) return undefined
  const family = name.toUpperCase().replace('TLS', 'TLSv').replace('SSL', 'SSLv')
  // SSL has no minor versions; what is called TLSv1 is 1.0
  const number = family === 'SSLv' ? major : `${major}${minor ?? '0'}`
  return `${family}${number}${draft === undefined ? '' : `-draft${draft}`}`
}

/** The same of a version's number; those of drafts are 0x7f00 and more. */
export function tlsVersionOf(number: number): string | undefined {
  if (number > 0x7f00 && number < 0x7f80) return `TLSv13-draft${number - 0x7f00}`
  return NUMBERED[number]
}
