import names from './cipher-suites.json' with { type: 'json' }

const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(names))

/**
 * The name of a cipher suite by its number (https://www.iana.org/assignments/tls-parameters); of one without a name
 * its number in hexadecimal.
 */
export function cipherSuite(number: number): string | undefined {
  if (!Number.isInteger(number) || number < 0 || number > 0xff_ff) return undefined
  const hex = number.toString(16).padStart(4, '0')
  return NAMES.get(hex) ?? `0x${hex}`
}
