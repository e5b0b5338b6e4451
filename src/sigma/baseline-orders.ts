/** Classes of values, the weakest first; what is in none of them is not compared. */
export interface Order {
  readonly name: string
  /** Texts, whole and without case; `*` stands for anything. */
  readonly classes: readonly (readonly string[])[]
}

/**
 * Orders that strategies can name. Versions as Zeek, Suricata and OpenSSL write them. Ciphers by the first class
 * that one falls into: nothing or anonymous, export and broken, no forward secrecy, then the rest; a suite of TLS 1.3
 * names no key exchange.
 */
export const ORDERS: Readonly<Record<string, Order>> = {
  tls_version: {
    name: 'tls_version',
    classes: [
      ['SSLv2', 'SSL 2*'],
      ['SSLv3', 'SSL 3*'],
      ['TLSv1', 'TLSv10', 'TLSv1.0', 'TLS 1.0'],
      ['TLSv11', 'TLSv1.1', 'TLS 1.1'],
      ['TLSv12', 'TLSv1.2', 'TLS 1.2', 'DTLSv12', 'DTLS 1.2'],
      ['TLSv13', 'TLSv1.3', 'TLS 1.3', 'DTLSv13', 'DTLS 1.3'],
    ],
  },
  tls_cipher: {
    name: 'tls_cipher',
    classes: [
      ['*NULL*', '*anon*', '*ADH*', '*AECDH*'],
      ['*EXP*', '*RC4*', '*RC2*', '*DES_*', '*DES-*', '*DES', '*IDEA*', '*MD5*'],
      ['TLS_RSA_*', 'AES*-SHA', 'AES*-SHA256', 'AES*-SHA384', 'CAMELLIA*'],
      ['*_CBC_*', '*-SHA', '*AES128-SHA256', '*AES256-SHA384'],
      ['TLS_*', 'ECDHE-*', 'DHE-*'],
    ],
  },
}

/** The place of a value's class, 0 for the weakest; undefined where it is in none. Remembers what it was asked. */
export function ranking({ classes }: Order): (value: string) => number | undefined {
  const patterns = classes.map((each) => each.map(patternOf))
  const known = new Map<string, number | undefined>()
  return (value) => {
    if (known.has(value)) return known.get(value)
    const text = value.toLowerCase()
    const place = patterns.findIndex((each) => each.some((matches) => matches(text)))
    const rank = place < 0 ? undefined : place
    if (known.size >= REMEMBERED) known.clear()
    known.set(value, rank)
    return rank
  }
}

const REMEMBERED = 10_000

/** Its parts have to follow each other: the first match of each is the best there is. */
function patternOf(written: string): (text: string) => boolean {
  const parts = written.toLowerCase().split('*')
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (parts.length === 1) return (text) => text === first
  const middle = parts.slice(1, -1).filter((part) => part !== '')
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false
    let from = first.length
    for (const part of middle) {
      const found = text.indexOf(part, from)
      if (found < 0) return false
      from = found + part.length
    }
    return from <= text.length - last.length
  }
}
