import { plainText } from './text-pattern.ts'
import type { Token } from './text-pattern.ts'

export type Encoding = 'utf16le' | 'utf16be' | 'utf16'

const OFFSET_START = [0, 2, 3] as const
const OFFSET_END = [undefined, -3, -2] as const

const DASHES = ['-', '/', '–', '—', '―']
/** Dashes of one value that are written out before it is encoded: each multiplies the alternatives by five. */
const MAX_DASHES = 5

/** What can be encoded: each alternative with one of the dashes in each place; undefined where there are too many. */
export function withoutDashes(tokens: readonly Token[]): readonly (readonly Token[])[] | undefined {
  if (tokens.filter(({ kind }) => kind === 'dash').length > MAX_DASHES) return undefined
  let alternatives: (readonly Token[])[] = [[]]
  for (const token of tokens) {
    const choices: readonly Token[] =
      token.kind === 'dash' ? DASHES.map((text): Token => ({ kind: 'text', text })) : [token]
    alternatives = alternatives.flatMap((chosen) => choices.map((choice) => [...chosen, choice]))
  }
  return alternatives
}

/** Each text re-encoded, one character for each byte (Latin-1): Base64 reads it as bytes. */
export function encodeTokens(tokens: readonly Token[], encoding: Encoding): readonly Token[] {
  return tokens.map((token) =>
    token.kind === 'text' ? { kind: 'text', text: encode(token.text, encoding) } : token,
  )
}

function encode(text: string, encoding: Encoding): string {
  const bytes = Buffer.from(text, 'utf16le')
  if (encoding === 'utf16be') bytes.swap16()
  const mark = encoding === 'utf16' ? '\u{FF}\u{FE}' : ''
  return mark + bytes.toString('latin1')
}

/** Standard Base64 with padding; undefined if there are wildcards. */
export function base64(tokens: readonly Token[], bytes: boolean): string | undefined {
  return bytesOf(tokens, bytes)?.toString('base64')
}

/** What Base64 of a text with these bytes somewhere in it contains, for each of the three alignments. */
export function base64Offsets(tokens: readonly Token[], bytes: boolean): readonly string[] | undefined {
  const content = bytesOf(tokens, bytes)
  if (!content || content.length === 0) return undefined
  return ([0, 1, 2] as const).map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset, ' '), content]).toString('base64')
    return encoded.slice(OFFSET_START[offset], OFFSET_END[(content.length + offset) % 3])
  })
}

function bytesOf(tokens: readonly Token[], bytes: boolean): Buffer | undefined {
  const text = plainText(tokens)
  return text === undefined ? undefined : Buffer.from(text, bytes ? 'latin1' : 'utf8')
}
