import type { JsonObject } from './json.ts'
import { setMember } from './windows-record.ts'

const MAX_DEPTH = 32
const MAX_ELEMENTS = 20_000
const MAX_ATTRIBUTES = 32

/** An element that was opened and not closed yet. */
interface Open {
  readonly name: string
  readonly attributes: JsonObject | undefined
  children: Map<string, unknown[]> | undefined
  text: string
}

/**
 * Reads one `<Event>` as Windows and Sysmon render it, into the form that evtx_dump gives it: an element is its
 * text, or an object of its `#attributes`, its `#text` and its children; those of one name are a list. It is no
 * reader of XML: elements, attributes, text and the five named entities are all that such records have.
 * Declarations of types, comments, CDATA and instructions are refused, so that nothing is expanded or fetched.
 * Undefined where the text is anything else.
 */
export function readEventXml(text: string): JsonObject | undefined {
  const root: Open = { name: '', attributes: undefined, children: undefined, text: '' }
  const open: Open[] = [root]
  let elements = 0
  let at = 0
  while (at < text.length) {
    const tag = text.indexOf('<', at)
    const between = unescaped(text.slice(at, tag === -1 ? text.length : tag))
    const within = open.at(-1)
    if (between === undefined || within === undefined) return undefined
    within.text += between
    if (tag === -1) break
    if (text[tag + 1] === '/') {
      const end = tag + 2 + within.name.length
      if (open.length < 2 || !text.startsWith(`${within.name}>`, tag + 2)) return undefined
      open.pop()
      add(open.at(-1) ?? root, within)
      at = end + 1
      continue
    }
    const start = startOf(text, tag)
    elements += 1
    if (start === undefined || elements > MAX_ELEMENTS || open.length > MAX_DEPTH) return undefined
    if (open.length === 1 && elements > 1) return undefined
    const element: Open = { name: start.name, attributes: start.attributes, children: undefined, text: '' }
    if (start.empty) add(within, element)
    else open.push(element)
    at = start.end
  }
  const [event] = root.children?.get('Event') ?? []
  const whole = open.length === 1 && root.text.trim() === '' && typeof event === 'object' && event !== null
  return whole ? { Event: event } : undefined
}

const START = /<([A-Za-z_][\w.:-]*)/y
const ATTRIBUTE = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const END = /\s*(\/?)>/y

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

interface Start {
  readonly name: string
  readonly attributes: JsonObject | undefined
  readonly empty: boolean
  readonly end: number
}

function startOf(text: string, from: number): Start | undefined {
  const name = matchAt(START, text, from)?.[1]
  if (name === undefined) return undefined
  let at = START.lastIndex
  let attributes: Record<string, unknown> | undefined
  let count = 0
  for (;;) {
    const found = matchAt(ATTRIBUTE, text, at)
    if (found === null) break
    const [, key = '', double, single] = found
    const value = unescaped(double ?? single ?? '')
    attributes ??= {}
    count += 1
    if (value === undefined || Object.hasOwn(attributes, key) || count > MAX_ATTRIBUTES) return undefined
    setMember(attributes, key, value)
    at = ATTRIBUTE.lastIndex
  }
  const end = matchAt(END, text, at)
  if (end === null) return undefined
  return {
    name,
    attributes,
    empty: end[1] === '/',
    end: END.lastIndex,
  }
}

function add(parent: Open, element: Open): void {
  const { name } = element
  const local = name.includes(':') ? name.slice(name.indexOf(':') + 1) : name
  parent.children ??= new Map()
  const siblings = parent.children.get(local)
  if (siblings === undefined) parent.children.set(local, [valueOf(element)])
  else siblings.push(valueOf(element))
}

function valueOf({ attributes, children, text }: Open): unknown {
  const said = children === undefined ? text : text.trim()
  if (attributes === undefined && children === undefined) return said === '' ? null : said
  const value: Record<string, unknown> = {}
  if (attributes !== undefined) value['#attributes'] = attributes
  if (said !== '') value['#text'] = said
  for (const [name, all] of children ?? []) setMember(value, name, all.length === 1 ? all[0] : all)
  return value
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const ENTITY = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));/g
const OTHER = /&(?!(?:lt|gt|amp|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)/

/** Undefined where an entity is none of XML's own five, nor the number of a character. */
function unescaped(text: string): string | undefined {
  if (!text.includes('&')) return text
  if (OTHER.test(text)) return undefined
  let isWhole = true
  const plain = text.replaceAll(ENTITY, (_all, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? ''
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    isWhole &&= isCharacter
    return isCharacter ? String.fromCodePoint(code) : ''
  })
  return isWhole ? plain : undefined
}
