import type { JsonObject } from './json.ts'

const LINE =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d) (container|image|network|volume|plugin|daemon|node|service|secret|config|builder) (\S.*)$/s

/** Whether a line is what `docker events` prints without a format. */
export function isDockerTextEvent(line: string): boolean {
  return LINE.test(line) && subjectOf(line) !== undefined
}

/** The line in the shape of the API's record; undefined for other lines. Only known attributes end at a comma. */
export function dockerTextEvent(line: string): JsonObject | undefined {
  const [, stamp = '', zone = '', type] = LINE.exec(line) ?? []
  const subject = subjectOf(line)
  if (subject === undefined || type === undefined) return undefined
  return {
    Type: type,
    Action: subject.action,
    Actor: { ID: subject.id, Attributes: attributesOf(subject.attributes) },
    timeNano: nanoseconds(stamp, zone),
  }
}

/** `ACTION ID (name=value, …)`; an action's argument may hold blanks and parentheses, and an image no id. */
function subjectOf(line: string): { action: string; id: string; attributes: string } | undefined {
  const rest = LINE.exec(line)?.[4]?.trimEnd()
  if (rest === undefined) return undefined
  const open = rest.endsWith(')') ? openOfAttributes(rest) : -1
  const head = (open === -1 ? rest : rest.slice(0, open)).trim()
  const attributes = open === -1 ? '' : rest.slice(open + 1, -1)
  const blank = head.lastIndexOf(' ')
  if (blank === -1) return open === -1 ? undefined : { action: head, id: '', attributes }
  return { action: head.slice(0, blank), id: head.slice(blank + 1), attributes }
}

/** The last ` (name=` behind a word without parentheses: an id. */
function openOfAttributes(rest: string): number {
  const found = /(?:^| )[\w:./@-]+ \((?=[\w./-]+=|\))/g
  let open = -1
  for (let match = found.exec(rest); match !== null; match = found.exec(rest)) {
    open = match.index + match[0].length - 1
    if (isId(match[0].trim().split(' ')[0] ?? '')) break
  }
  return open
}

function isId(word: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{64}$/.test(word)
}

function attributesOf(text: string): JsonObject {
  const attributes: [string, string][] = []
  for (const part of text.split(', ')) {
    const equals = part.indexOf('=')
    const last = attributes.at(-1)
    if (/^[\w./-]+=/.test(part)) attributes.push([part.slice(0, equals), part.slice(equals + 1)])
    else if (last !== undefined) last[1] += `, ${part}`
  }
  return Object.fromEntries(attributes)
}

function nanoseconds(stamp: string, zone: string): bigint {
  const [seconds = '', fraction = ''] = stamp.split('.')
  const milliseconds = Date.parse(`${seconds}${zone}`)
  return Number.isNaN(milliseconds)
    ? -1n
    : BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}
