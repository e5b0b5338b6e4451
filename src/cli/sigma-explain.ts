import { UserError } from '../domain/errors.ts'
import type { Event, Logsource } from '../domain/event.ts'
import { readEvents } from '../read-events.ts'
import { explain } from '../sigma/sigma.ts'
import type { ExplainedRule, Explanation, Lists } from '../sigma/sigma.ts'
import { jsonText } from '../sources/json.ts'
import { EXIT, type Exit } from './exit.ts'
import { parsedJson, textOf } from './json-file.ts'
import { printJson, safe, type Output } from './output.ts'

/**
 * Which part of a rule held on an event, and which did not. A record in a format that a source reads is the event
 * that a scan would make of it; any other JSON object is the event, with the names that the rule uses.
 */
export async function explainSigma(
  rule: string,
  event: string,
  { json, lists }: { readonly json: boolean; readonly lists: Lists },
  output: Output,
): Promise<Exit> {
  const [ruleText, text] = [await textOf(rule), await textOf(event)]
  const events = await readEvents(event)
  const outcome = explain(ruleText, { record: recordIn(text, event, events), events }, lists)
  if ('problems' in outcome) {
    const [first] = outcome.problems
    throw new UserError(first?.message ?? 'the rule is refused', { ...first, file: rule })
  }
  for (const explained of outcome.rules) {
    if (json || !output.terminal) printJson(output, plain(explained, events[0]))
    else output.out(drawnRule(explained, events[0]))
  }
  return EXIT.ok
}

/** Throws a UserError for what is neither telemetry nor an object; telemetry need not be JSON. */
function recordIn(text: string, file: string, events: readonly Event[]): unknown {
  try {
    const record = parsedJson(text, file)
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record
  } catch (cause) {
    if (events.length === 0) throw cause
  }
  if (events.length > 0) return {}
  throw new UserError('an event is one JSON object', {
    file,
    mend: 'write the event alone, or a record in a format that tallyman sources list names',
  })
}

function plain({ event, ...explained }: ExplainedRule, read?: Event): unknown {
  const told = event ?? (explained.correlation === undefined ? read : undefined)
  if (told === undefined) return explained
  return {
    ...explained,
    source: told.source,
    logsource: logsourceName(told.logsource),
    seen: event !== undefined,
  }
}

function drawnRule({ title, conditions, correlation, signalOf, event }: ExplainedRule, read?: Event): string {
  const about: string[] = []
  if (event !== undefined) about.push(`on ${readAs(event)}`)
  else if (read !== undefined && correlation === undefined)
    about.push(`a scan would not try it: the record is ${readAs(read)}; its own names are used here`)
  const after: string[] = []
  if (correlation !== undefined) after.push(`one event does not decide it: ${correlation}`)
  if (signalOf !== undefined) after.push(`raises no alert itself: a signal of ${signalOf.join(', ')}`)
  const lines = (texts: readonly string[]) => texts.map((text) => `  ${safe(text)}\n`).join('')
  const tree = conditions.map((each) => drawn(each, 1)).join('')
  return `${safe(title)}\n${lines(about)}${tree}${lines(after)}`
}

function readAs({ source, logsource }: Event): string {
  return `${source}, ${logsourceName(logsource)}`
}

function logsourceName({ product, category, service }: Logsource): string {
  return [product, category, service].filter((part) => part !== undefined).join('/')
}

/** Longer values say no more to a reader. */
const SHOWN = 120

function drawn({ part, held, field, values, parts }: Explanation, depth: number): string {
  const found = field === undefined ? '' : shown(values)
  const line = `${'  '.repeat(depth)}${held ? '✓' : '✗'} ${safe(part)}${found}\n`
  return line + parts.map((each) => drawn(each, depth + 1)).join('')
}

function shown(values: readonly unknown[] | undefined): string {
  if (values === undefined) return '   the event has no such field'
  const text = values.map((value) => jsonText(value)).join(', ')
  return `   the event has ${safe(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)}`
}
