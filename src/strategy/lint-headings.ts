import { quoted } from './lint-context.ts'
import type { Check, LintContext } from './lint-context.ts'
import { SECTION_TITLES } from './sections.ts'
import { BLOCK_SECTIONS, SECTIONS } from './strategy.ts'
import type { LintFinding, Section, SectionName } from './strategy.ts'

const OPTIONAL = new Set<SectionName>(['additional-resources'])
const EXECUTABLE = new Map<SectionName, string[]>()
for (const [kind, section] of Object.entries(BLOCK_SECTIONS)) {
  EXECUTABLE.set(section, [...(EXECUTABLE.get(section) ?? []), `ads:${kind}`])
}

/** Sections that are missing, renamed, unknown, doubled, or prose where something could run: 001–003, 020. */
export const lintHeadings: Check = (context) => {
  const { sections } = context.strategy
  const present = new Set(sections.map((section) => section.name))
  const missing = SECTIONS.filter((name) => !OPTIONAL.has(name) && !present.has(name)).map((name) =>
    context.finding(
      'ADS001',
      context.wrong,
      1,
      `the section “${SECTION_TITLES[name]}” is missing`,
      `Add a heading “## ${SECTION_TITLES[name]}” with its content.`,
    ),
  )
  const named = sections.flatMap((section, index) => nameFindings(context, section, sections.slice(0, index)))
  return [...missing, ...named, ...sections.flatMap((section) => proseOnly(context, section))]
}

function nameFindings(context: LintContext, section: Section, before: readonly Section[]): LintFinding[] {
  const heading = quoted(section.heading)
  const { name, line } = section
  if (name === undefined) {
    return [
      context.finding(
        'ADS003',
        'hint',
        line,
        `the framework has no section ${heading}: kept as prose`,
        'Keep it, or move its text to the section where it belongs.',
      ),
    ]
  }
  const title = SECTION_TITLES[name]
  if (before.some((earlier) => earlier.name === name)) {
    return [
      context.finding('ADS003', 'warning', line, `the section “${title}” stands twice`, 'Join the two.'),
    ]
  }
  if (section.heading.toLowerCase() === title.toLowerCase()) return []
  return [context.finding('ADS002', 'hint', line, `${heading} is read as “${title}”`, `Name it “${title}”.`)]
}

function proseOnly(context: LintContext, section: Section): LintFinding[] {
  const kinds = section.name === undefined ? undefined : EXECUTABLE.get(section.name)
  if (kinds === undefined || context.strategy.blocks.some((block) => block.section === section.name))
    return []
  // a document may ship without filters: they are mostly the site's
  if (context.executable && section.name === 'false-positives') return []
  const severity = section.name === 'strategy-abstract' ? context.wrong : 'hint'
  return [
    context.finding(
      'ADS020',
      severity,
      section.line,
      `the section “${section.heading}” is prose only: nothing in it runs`,
      `Add a block ${kinds.join(' or ')}.`,
    ),
  ]
}
