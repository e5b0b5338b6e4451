import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { visible, visibleText } from './visible.ts'

it('leaves ordinary text in many scripts as it is', () => {
  for (const text of ['nginx:1.27', 'größe', 'コンテナ', 'сервис', 'مخزن', '<b>&amp;</b>', '🚢 ship']) {
    expect(visible(text)).toEqual([{ kind: 'plain', text }])
  }
  expect(visible('')).toEqual([])
})

it('shows what reorders, hides or commands as an escape with its name', () => {
  expect(visible('a\u202egpj.exe')).toEqual([
    { kind: 'plain', text: 'a' },
    { kind: 'hidden', text: '\\u202e', name: 'right-to-left override' },
    { kind: 'plain', text: 'gpj.exe' },
  ])
  expect(visibleText('x\u001b[2J\u0000\u200by\n')).toBe('x\\u001b[2J\\u0000\\u200by\\n')
  expect(visibleText('tag\u{e0041}')).toBe('tag\\u{e0041}')
  expect(visibleText('half\ud800')).toBe('half\\ud800')
})

it('shows marks that pile up on one letter', () => {
  expect(visibleText('e\u0301')).toBe('e\u0301')
  expect(visibleText(`z${'\u0300'.repeat(6)}`)).toBe(`z${'\u0300'.repeat(4)}\\u0300\\u0300`)
})

it('loses nothing, and lets nothing hidden through', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const pieces = visible(text)
      const back = pieces
        .map((piece) => (piece.kind === 'plain' ? piece.text : unescaped(piece.text)))
        .join('')
      expect(back).toBe(text)
      for (const piece of pieces) {
        if (piece.kind === 'plain')
          expect(piece.text).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Zl}|\p{Zp}/u)
      }
    }),
    { numRuns: 500 },
  )
})

function unescaped(escape: string): string {
  const named = { '\\n': '\n', '\\t': '\t', '\\r': '\r' }[escape]
  return named ?? String.fromCodePoint(Number.parseInt(escape.replace(/[\\u{}]/g, ''), 16))
}
