import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recurring } from './recurring.ts'

describe('what is found in recurring texts', () => {
  it('is what would be found anew', () => {
    const text = fc.oneof(fc.constantFrom('a', 'b', '', 'long '.repeat(80)), fc.string())
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3_000 }), (texts) => {
        const known = recurring((each) => each.length)
        for (const each of texts) expect(known(each)).toBe(each.length)
      }),
      { numRuns: 30 },
    )
  })

  it('is looked for once while texts come again', () => {
    let searches = 0
    const known = recurring((text) => {
      searches += 1
      return text
    })
    for (let index = 0; index < 10_000; index += 1) known(`program ${index % 100}`)
    expect(searches).toBe(100)
  })

  it('survives that other texts come in between', () => {
    let searches = 0
    const known = recurring((text) => {
      if (text === 'often') searches += 1
      return text
    })
    for (let index = 0; index < 20_000; index += 1) known(index % 2 === 0 ? 'often' : `once ${index}`)
    expect(searches).toBe(1)
  })

  it('is not kept where hardly any text comes again', () => {
    let searches = 0
    const known = recurring((text) => {
      searches += 1
      return text
    })
    for (let index = 0; index < 2_000; index += 1) known(`once ${index}`)
    searches = 0
    for (let index = 0; index < 100; index += 1) known('again')
    expect(searches).toBe(100)
  })
})
