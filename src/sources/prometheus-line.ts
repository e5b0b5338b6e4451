/** A sample of Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** ms since the epoch; undefined where it is that of the scrape. */
  readonly time: number | undefined
}

const HEAD = /^([A-Za-z_:][\w:]*)/
const LABEL = /\s*([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*/y
/** The value, and a time in ms; an example (OpenMetrics) may stand behind them. */
const TAIL =
  /^\s+([+-]?(?:\d[\d.]*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|nan))(?:\s+(-?\d{1,15}))?\s*(?:#.*)?$/i
const MAX_LABELS = 128

/** Reads a line such as `name{label="value"} 1.5 1395066363000`; undefined for any other. */
export function sampleOf(text: string): Sample | undefined {
  const name = HEAD.exec(text)?.[1]
  if (name === undefined) return undefined
  const opens = text[name.length] === '{'
  const read = opens ? labelsOf(text, name.length + 1) : { labels: {}, end: name.length }
  const [, value, time] = (read && TAIL.exec(text.slice(read.end))) ?? []
  if (read === undefined || value === undefined) return undefined
  return {
    name,
    labels: read.labels,
    value: numberOf(value),
    time: time === undefined ? undefined : Number(time),
  }
}

function labelsOf(
  text: string,
  from: number,
): { readonly labels: Readonly<Record<string, string>>; readonly end: number } | undefined {
  const labels: [string, string][] = []
  let at = from
  while (text[at] !== '}') {
    LABEL.lastIndex = at
    const found = LABEL.exec(text)
    if (found === null || labels.length >= MAX_LABELS) return undefined
    labels.push([found[1] ?? '', unescaped(found[2] ?? '')])
    at = LABEL.lastIndex
    if (text[at] === ',') at += 1
    else if (text[at] !== '}') return undefined
  }
  return { labels: Object.fromEntries(labels), end: at + 1 }
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(.)/gs, (_escape, character: string) => (character === 'n' ? '\n' : character))
}

function numberOf(text: string): number {
  const [, sign, word] = /^([+-]?)(inf|nan)$/i.exec(text) ?? []
  if (word === undefined) return Number(text)
  return word.toLowerCase() === 'nan' ? Number.NaN : sign === '-' ? -Infinity : Infinity
}
