import type { Heading, MarkdownDocument } from './markdown.ts'
import type { Section, SectionName } from './strategy.ts'

/** The framework's own name of each section. */
export const SECTION_TITLES: Readonly<Record<SectionName, string>> = {
  goal: 'Goal',
  categorization: 'Categorization',
  'strategy-abstract': 'Strategy Abstract',
  'technical-context': 'Technical Context',
  'blind-spots': 'Blind Spots and Assumptions',
  'false-positives': 'False Positives',
  validation: 'Validation',
  priority: 'Priority',
  response: 'Response',
  'additional-resources': 'Additional Resources',
}

const ALIASES: Readonly<Record<SectionName, readonly string[]>> = {
  goal: ['goals', 'objective', 'purpose'],
  categorization: ['categorisation', 'att&ck categorization', 'mitre att&ck categorization', 'mitre att&ck'],
  'strategy-abstract': ['abstract', 'detection strategy'],
  'technical-context': ['technical background'],
  'blind-spots': ['blind spots', 'assumptions and blind spots', 'blind spots and assumption'],
  'false-positives': ['false positive', 'known false positives'],
  validation: ['validation (adversary emulation)', 'adversary emulation', 'validation steps'],
  priority: ['alert priority', 'severity', 'alert severity', 'priority (severity)'],
  response: ['responses', 'response plan', 'incident response', 'triage and response'],
  'additional-resources': ['resources', 'references', 'additional references', 'further reading'],
}

const BY_HEADING: ReadonlyMap<string, SectionName> = new Map(
  (Object.keys(ALIASES) as SectionName[]).flatMap((name) =>
    [SECTION_TITLES[name].toLowerCase(), ...ALIASES[name]].map((heading) => [heading, name] as const),
  ),
)

/** The section that a heading opens, in any of its spellings. */
export function sectionNamed(heading: string): SectionName | undefined {
  return heading.length > 200 ? undefined : BY_HEADING.get(normalize(heading))
}

export interface Outline {
  /** The document's own title: the first heading of level 1 that opens no section. */
  readonly title: string | undefined
  readonly sections: readonly Section[]
}

/**
 * Cuts a document into sections. They stand at level 1, or at level 2 below a title; where they stand at level 1,
 * unknown headings of level 2 belong to the text of their section.
 */
export function outline(document: MarkdownDocument): Outline {
  const high = document.headings.filter((heading) => heading.depth <= 2)
  const first = high.find((heading) => heading.depth === 1)
  const title = first !== undefined && sectionNamed(first.text) === undefined ? first : undefined
  const flat = high.some((heading) => heading.depth === 1 && sectionNamed(heading.text) !== undefined)
  const opening = high.filter(
    (heading) =>
      heading !== title && (sectionNamed(heading.text) !== undefined || !flat || heading.depth === 1),
  )
  return {
    title: title === undefined ? undefined : plain(title.text),
    sections: opening.map((heading, index) => section(heading, opening[index + 1], document.lines)),
  }
}

function section(heading: Heading, next: Heading | undefined, lines: readonly string[]): Section {
  const end = next?.line ?? lines.length + 1
  return {
    name: sectionNamed(heading.text),
    heading: plain(heading.text),
    line: heading.line,
    end,
    text: lines.slice(heading.line, end - 1).join('\n'),
  }
}

function plain(text: string): string {
  return text.replaceAll(/[*_`]/g, '').replaceAll(/\s+/g, ' ').trim()
}

function normalize(heading: string): string {
  return plain(heading)
    .toLowerCase()
    .replace(/^\d+[.)]\s*/, '')
    .replace(/\s*[:.]+$/, '')
    .replaceAll(/\s&\s/g, ' and ')
}
