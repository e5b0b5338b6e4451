/**
 * Values of a query parameter as Go's `URL.Query()` finds them, which is how the API server reads a request: a
 * pair with a semicolon or a broken escape is dropped, a plus is a blank. Never throws.
 */
export function queryValues(uri: unknown, name: string): readonly string[] {
  if (typeof uri !== 'string') return []
  const mark = uri.indexOf('?')
  if (mark === -1) return []
  return uri
    .slice(mark + 1)
    .split('&')
    .flatMap((pair) => {
      if (pair.includes(';')) return []
      const equals = pair.indexOf('=')
      const key = unescaped(equals === -1 ? pair : pair.slice(0, equals))
      const value = equals === -1 ? '' : unescaped(pair.slice(equals + 1))
      return key === name && value !== undefined ? [value] : []
    })
}

function unescaped(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  return text
    .replaceAll('+', ' ')
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
}
