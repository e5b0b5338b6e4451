import { withoutEmphasis } from './prose.ts'
import type { ProseLine } from './prose.ts'

/** Something that the prose of Categorization names, where it names it. */
export interface Mention {
  readonly text: string
  readonly line: number
  readonly column: number
}

export interface TechniqueMention extends Mention {
  /** The name that is written beside the id, where one clearly is. */
  readonly name: string | undefined
}

/** What the prose of Categorization says. */
export interface Categorization {
  /** First mention of each technique, in order; ids also out of ATT&CK's addresses. */
  readonly techniques: readonly TechniqueMention[]
  readonly tactics: readonly Mention[]
  readonly platforms: readonly Mention[]
  /** Version of ATT&CK that the prose names. */
  readonly version: string | undefined
}

const MAX_TECHNIQUES = 100
const TECHNIQUE = /\bT\d{4}(?:[./]\d{3})?\b/g
const LABEL = /^\s*(?:[-*+]\s+)?([^:|]{1,60}):\s*(.*)$/

export function readCategorization(lines: readonly ProseLine[]): Categorization {
  const techniques = new Map<string, TechniqueMention>()
  for (const line of lines) {
    for (const found of line.text.matchAll(TECHNIQUE)) {
      const id = found[0].replace('/', '.')
      if (!techniques.has(id))
        techniques.set(id, { ...mention(line, id, found.index), name: nameBeside(line.text, found) })
    }
  }
  const version = lines.flatMap(
    ({ text }) => /att&?ck[^.\n]{0,20}?\bv(?:ersion)?\s*(\d{1,2}(?:\.\d)?)\b/i.exec(text)?.[1] ?? [],
  )[0]
  return {
    techniques: [...techniques.values()].slice(0, MAX_TECHNIQUES),
    tactics: lines.flatMap((line) => labelled(line, /\btactic|kill chain/i)),
    platforms: lines.flatMap((line) => labelled(line, /^platforms?$/i)),
    version,
  }
}

/** The values of `Label: one, two`, with emphasis around label or colon. */
function labelled(line: ProseLine, label: RegExp): Mention[] {
  const found = LABEL.exec(line.text.replaceAll('**', '').replaceAll('__', ''))
  if (found === null || !label.test((found[1] ?? '').trim())) return []
  return (found[2] ?? '')
    .split(/,|;|\s\/\s|\sand\s/)
    .map((value) => withoutEmphasis(value).replace(/\.$/, ''))
    .filter((value) => value !== '')
    .map((value) => mention(line, value, Math.max(0, line.text.indexOf(value))))
}

function mention(line: ProseLine, text: string, index: number): Mention {
  return { text, line: line.line, column: index + 1 }
}

/** `T1600 - Weaken Encryption` to the end of the line; a sentence that happens to follow is no name. */
function nameBeside(text: string, found: RegExpExecArray): string | undefined {
  const from = found.index + found[0].length
  const behind = text.slice(from, from + 200)
  const name = /^\s*(?:[-–—:]|\()\s*([A-Z][^.;|()[\]]{2,80}?)\s*\)?\s*$/.exec(withoutEmphasis(behind))?.[1]
  return name !== undefined && name.split(' ').length <= 8 ? name : undefined
}
