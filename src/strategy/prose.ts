import type { MarkdownDocument } from './markdown.ts'
import { readMarkdown } from './markdown.ts'
import type { Section, SectionName, Strategy } from './strategy.ts'

/** One line of a section's prose: not within a fence, not empty. */
export interface ProseLine {
  /** 1-based, in the document. */
  readonly line: number
  readonly text: string
}

/** A list item as one logical line: its own text, with what continues it. */
export interface Bullet {
  readonly line: number
  readonly column: number
  /** Without its marker, and without emphasis. */
  readonly text: string
  readonly indent: number
  /** A label that introduces nested items: `**Assumptions:**`. */
  readonly label: boolean
  /** The nearest subheading or label above it. */
  readonly under: string
}

/** Something to type: an inline code span or a line of a shell fence. */
export interface CodeText {
  readonly line: number
  readonly column: number
  readonly text: string
  readonly kind: 'span' | 'shell' | 'yaml'
  readonly section: SectionName | undefined
}

/** The prose of one document, cut up once for the checks that read it. */
export interface Prose {
  lines(section: Section | undefined): readonly ProseLine[]
  bullets(section: Section | undefined): readonly Bullet[]
  readonly code: readonly CodeText[]
}

/** Characters of a command that are looked at. */
const MAX_COMMAND = 2000
const ITEM = /^(\s*)(?:[-*+]|\d{1,9}[.)])\s+(.*)$/
const SHELL = new Set(['', 'bash', 'sh', 'shell', 'console', 'zsh', 'shell-session'])

export function readProse(strategy: Strategy): Prose {
  const document = readMarkdown(strategy.text)
  if ('reason' in document) return { lines: () => [], bullets: () => [], code: [] }
  const fenced = fencedLines(document)
  const lines = (section: Section | undefined): readonly ProseLine[] =>
    section === undefined ? [] : proseLines(document.lines, section, fenced)
  return {
    lines,
    bullets: (section) => bulletsOf(lines(section)),
    code: strategy.sections.flatMap((section) => [
      ...spans(lines(section), section),
      ...shells(document, section),
    ]),
  }
}

/** Text without emphasis marks and without the blanks around it. */
export function withoutEmphasis(text: string): string {
  return text.replaceAll(/\*\*|__|(?<![\w*])[*_]|[*_](?![\w*])/g, '').trim()
}

function fencedLines(document: MarkdownDocument): ReadonlySet<number> {
  const fenced = new Set<number>()
  for (const fence of document.fences) {
    const last = fence.contentLine + fence.text.split(/\r\n|\n|\r/).length
    for (let line = fence.line; line <= last; line++) fenced.add(line)
  }
  return fenced
}

function proseLines(lines: readonly string[], section: Section, fenced: ReadonlySet<number>): ProseLine[] {
  return lines
    .slice(section.line, section.end - 1)
    .map((text, index) => ({ line: section.line + 1 + index, text }))
    .filter(
      ({ line, text }) =>
        text.trim() !== '' && !fenced.has(line) && !/^\s*(?:---+|\*\*\*+|___+)\s*$/.test(text),
    )
}

function bulletsOf(lines: readonly ProseLine[]): Bullet[] {
  const bullets: Bullet[] = []
  const labels: { readonly indent: number; readonly text: string }[] = []
  let heading = ''
  for (const { line, text } of lines) {
    const item = ITEM.exec(text)
    const indent = item?.[1]?.length ?? 0
    const last = bullets.at(-1)
    if (/^#{1,6}\s/.test(text)) heading = withoutEmphasis(text.replace(/^#+\s*/, ''))
    else if (item === null && last !== undefined && /^\s/.test(text)) {
      bullets[bullets.length - 1] = { ...last, text: `${last.text} ${text.trim()}` }
    } else if (item === null) {
      if (text.trimEnd().endsWith(':') || /:\*\*\s*$/.test(text)) heading = withoutEmphasis(text)
    } else {
      while ((labels.at(-1)?.indent ?? -1) >= indent) labels.pop()
      const content = withoutEmphasis(item[2] ?? '')
      const label = content.endsWith(':')
      bullets.push({
        line,
        column: indent + 1,
        text: content,
        indent,
        label,
        under: labels.at(-1)?.text ?? heading,
      })
      if (label) labels.push({ indent, text: content })
    }
  }
  return bullets
}

function spans(lines: readonly ProseLine[], section: Section): CodeText[] {
  return lines.flatMap(({ line, text }) =>
    [...text.matchAll(/(?<!`)(`{1,2})(?!`)([^`]{1,500})\1(?!`)/g)].map((found) => ({
      line,
      column: found.index + (found[1]?.length ?? 1) + 1,
      text: found[2] ?? '',
      kind: 'span' as const,
      section: section.name,
    })),
  )
}

function shells(document: MarkdownDocument, section: Section): CodeText[] {
  return document.fences
    .filter((fence) => section.line < fence.line && fence.line < section.end && !/\bads:/.test(fence.info))
    .flatMap((fence) => {
      const language = fence.info.split(/\s/)[0]?.toLowerCase() ?? ''
      const kind: CodeText['kind'] | undefined = SHELL.has(language)
        ? 'shell'
        : language === 'yaml' || language === 'yml'
          ? 'yaml'
          : undefined
      if (kind === undefined) return []
      return fence.text.split(/\r\n|\n|\r/).map((text, index) => ({
        line: fence.contentLine + index,
        column: fence.indent + 1 + (/^\s*/.exec(text)?.[0].length ?? 0),
        text: text.trim().slice(0, MAX_COMMAND),
        kind,
        section: section.name,
      }))
    })
    .filter(({ text }) => text !== '' && !text.startsWith('#'))
}
