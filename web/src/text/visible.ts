/** A piece of a text: as it is, or one character that must be seen and not obeyed. */
export type Piece =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'hidden'; readonly text: string; readonly name: string }

/**
 * Control and format characters (bidirectional controls among them), line separators, private use, lone
 * surrogates, whatever a font need not draw (zero-width characters, fillers, variation selectors, tags), blanks
 * that are not the blank, and two that look like nothing (https://www.unicode.org/reports/tr44/).
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\u2800\ufffc]|(?! )\p{Zs}/gu

const NAMES: Readonly<Record<string, string>> = {
  '\u0000': 'null',
  '\u0007': 'bell',
  '\u0008': 'backspace',
  '\t': 'tab',
  '\n': 'line feed',
  '\r': 'carriage return',
  '\u001b': 'escape',
  '\u00a0': 'no-break space',
  '\u00ad': 'soft hyphen',
  '\u200b': 'zero-width space',
  '\u200c': 'zero-width non-joiner',
  '\u200d': 'zero-width joiner',
  '\u200e': 'left-to-right mark',
  '\u200f': 'right-to-left mark',
  '\u202a': 'left-to-right embedding',
  '\u202b': 'right-to-left embedding',
  '\u202c': 'pop directional formatting',
  '\u202d': 'left-to-right override',
  '\u202e': 'right-to-left override',
  '\u2066': 'left-to-right isolate',
  '\u2067': 'right-to-left isolate',
  '\u2068': 'first strong isolate',
  '\u2069': 'pop directional isolate',
  '\ufeff': 'zero-width no-break space',
}

/** Marks that stack on one letter: more than this many are shown as what they are. */
const MARKS = /(\p{M}{4})(\p{M}+)/gu

/** Cuts a hostile text into what may be shown as it is and what is shown as an escape. */
export function visible(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const { index, character } of hidden(text)) {
    if (index > from) pieces.push({ kind: 'plain', text: text.slice(from, index) })
    pieces.push({ kind: 'hidden', text: escaped(character), name: NAMES[character] ?? 'not shown as it is' })
    from = index + character.length
  }
  if (from < text.length) pieces.push({ kind: 'plain', text: text.slice(from) })
  return pieces
}

/** The same as one string, for titles and labels. */
export function visibleText(text: string): string {
  return visible(text)
    .map((piece) => piece.text)
    .join('')
}

function hidden(text: string): readonly { readonly index: number; readonly character: string }[] {
  const found = [...text.matchAll(HIDDEN)].map((match) => ({ index: match.index, character: match[0] }))
  const stacked = [...text.matchAll(MARKS)].flatMap((match) => {
    const start = match.index + (match[1] ?? '').length
    let at = start
    return [...(match[2] ?? '')].map((character) => {
      const index = at
      at += character.length
      return { index, character }
    })
  })
  if (stacked.length === 0) return found
  const seen = new Set(found.map(({ index }) => index))
  return [...found, ...stacked.filter(({ index }) => !seen.has(index))].toSorted((a, b) => a.index - b.index)
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  if (character === '\r') return '\\r'
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}
