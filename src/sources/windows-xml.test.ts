import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEventXml } from './windows-xml.ts'

/** An event that says what the text says. */
function saying(text: string): unknown {
  return readEventXml(`<Event><EventData><Data Name="Image">${text}</Data></EventData></Event>`)
}

function said(text: string): unknown {
  return { Event: { EventData: { Data: { '#attributes': { Name: 'Image' }, '#text': text } } } }
}

describe('an event as XML', () => {
  it('comes out in the form of evtx_dump', () => {
    const xml =
      "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='P' Guid='{1}'/>" +
      '<EventID Qualifiers="16384">7045</EventID><Correlation/><w:Computer>c</w:Computer></System>' +
      '<EventData><Data>a</Data><Data Name="b"> c </Data><Data></Data></EventData></Event>'
    expect(readEventXml(xml)).toEqual({
      Event: {
        '#attributes': { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
        System: {
          Provider: { '#attributes': { Name: 'P', Guid: '{1}' } },
          EventID: { '#attributes': { Qualifiers: '16384' }, '#text': '7045' },
          Correlation: null,
          Computer: 'c',
        },
        EventData: { Data: ['a', { '#attributes': { Name: 'b' }, '#text': ' c ' }, null] },
      },
    })
  })

  it('has the five entities of XML and numbers of characters, each once', () => {
    expect(saying('a &lt;&gt;&amp;&quot;&apos; &#65;&#x1F600; &amp;lt;')).toEqual(said('a <>&"\' A😀 &lt;'))
  })

  it.each([
    ['a type declaration', '<!DOCTYPE Event [<!ENTITY a "x">]><Event/>'],
    ['an instruction', '<?xml version="1.0"?><Event/>'],
    ['a comment', '<Event><!-- --></Event>'],
    ['CDATA', '<Event><![CDATA[<System>]]></Event>'],
    ['an entity of its own', '<Event>&a;</Event>'],
    ['an entity without its end', '<Event>&amp</Event>'],
    ['a character that is none', '<Event>&#0;</Event>'],
    ['half of a character', '<Event>&#xD800;</Event>'],
    ['a number beyond all characters', '<Event>&#x110000;</Event>'],
    ['tags that cross', '<Event><a><b></a></b></Event>'],
    ['a tag that does not end', '<Event><a'],
    ['an attribute twice', '<Event a="1" a="2"/>'],
    ['an attribute without quotes', '<Event a=1/>'],
    ['two events', '<Event><a/></Event><Event><a/></Event>'],
    ['text behind it', '<Event><a/></Event> and more'],
    ['another element', '<Events><Event/></Events>'],
    ['nothing but text', 'Event'],
  ])('is refused with %s', (_what, xml) => {
    expect(readEventXml(xml)).toBeUndefined()
  })

  it('is refused when it is cut, wherever', () => {
    const xml =
      '<Event a="1"><System><EventID>1</EventID></System><EventData><Data Name="x">&amp;</Data></EventData></Event>'
    expect(readEventXml(xml)).toBeDefined()
    for (let length = 0; length < xml.length; length += 1)
      expect(readEventXml(xml.slice(0, length))).toBeUndefined()
  })

  it('is refused with more than a record needs, before that costs anything', () => {
    const attributes = Array.from({ length: 100_000 }, (_, index) => ` a${index}="1"`).join('')
    const began = performance.now()
    for (const xml of [
      `<Event>${'<a>'.repeat(1_000_000)}`,
      `<Event>${'<a/>'.repeat(1_000_000)}</Event>`,
      `<Event${attributes}/>`,
      `<Event>${'<'.repeat(1_000_000)}</Event>`,
      `<Event ${' '.repeat(1_000_000)}`,
      `<Event>${'&amp'.repeat(1_000_000)}</Event>`,
    ])
      expect(readEventXml(xml)).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it('sets no prototype', () => {
    const xml = '<Event><__proto__><polluted>1</polluted></__proto__><a __proto__="1"/></Event>'
    const event = readEventXml(xml)?.['Event'] as object
    expect(Object.keys(event)).toEqual(['__proto__', 'a'])
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  it('says every text that is written with entities', () => {
    assert(
      property(string({ unit: 'binary', minLength: 1 }), (text) => {
        const written = Array.from(text, (one) => `&#${one.codePointAt(0)};`).join('')
        const isText = !/[\0\ud800-\udfff]/u.test(text)
        expect(saying(written)).toEqual(isText ? said(text) : undefined)
      }),
    )
  })
})
