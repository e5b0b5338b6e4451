import { LineCounter, parseDocument, type Document } from 'yaml'

/** Mistakes that are told of one text; a binary file has thousands. */
const TOLD = 5
const MESSAGE_LENGTH = 200
const MAX_ALIASES = 100

export interface YamlMistake {
  /** 1-based. */
  readonly line: number
  readonly column: number
  readonly message: string
}

/** YAML that was understood: its plain content, and its nodes for the places of mistakes in it. */
export interface ReadYaml {
  readonly content: unknown
  readonly document: Document.Parsed
  readonly at: (offset: number) => { readonly line: number; readonly column: number }
}

/** Reads one document; duplicate keys, alias bombs and binary content are mistakes. Never throws on content. */
export function readYaml(text: string): ReadYaml | { readonly mistakes: readonly YamlMistake[] } {
  if (text.includes('\u0000')) return { mistakes: [{ line: 1, column: 1, message: 'binary content' }] }
  const lines = new LineCounter()
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: 'error',
  })
  if (document.errors.length > 0) {
    return {
      mistakes: document.errors
        .slice(0, TOLD)
        .map(({ pos, message }) => ({ ...at(pos[0]), message: message.slice(0, MESSAGE_LENGTH) })),
    }
  }
  try {
    return { content: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, document, at }
  } catch (cause) {
    return { mistakes: [{ line: 1, column: 1, message: (cause as Error).message.slice(0, MESSAGE_LENGTH) }] }
  }
}
