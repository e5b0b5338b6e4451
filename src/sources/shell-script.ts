import { folderAfter } from './shell-folder.ts'

/** A command of a script before its wrappers are looked into. */
export interface ScriptCommand {
  readonly words: readonly string[]
  /** Files of redirections. */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** Where it runs; undefined where that is not known. */
  readonly folder: string | undefined
}

export interface Script {
  readonly commands: readonly ScriptCommand[]
  /** Texts of `$(…)`, backticks and process substitutions. */
  readonly substitutions: readonly string[]
}

/** Reserved words that stand before a command of their own (POSIX.1-2024, 2.4 and 2.9). */
const BEFORE_COMMAND = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', 'time'])
const NO_COMMAND = new Set(['fi', 'done', 'esac', '}', 'for', 'case', 'select', 'in', 'function'])
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/

/**
 * Splits a POSIX shell script into its simple commands, quotes removed, variables as written. Control flow is
 * flattened: every branch counts, and so does every `cd`. Reads each character once; stops after `limit` commands; never throws.
 */
export function splitScript(text: string, limit: number, startFolder?: string): Script {
  const commands: ScriptCommand[] = []
  const substitutions: string[] = []
  let words: string[] = []
  let reads: string[] = []
  let writes: string[] = []
  let word: string | undefined
  let redirect: string | undefined
  let hereDocuments: string[] = []
  let at = 0
  /** Where the shell and each subshell around this place are, the innermost last. */
  const folders = [startFolder]
  /** Where the arithmetic ends that was read into: `<<` shifts there. */
  let arithmeticEnd = 0
  /** Characters that may be looked ahead at for its end, so that nested ones cost no square. */
  let lookAhead = text.length * 4

  /** Where the `((…))` at this place ends; this place where it is a subshell within another, as in `((a); b)`. */
  const endOfArithmetic = (): number => {
    const end = lookAhead > 0 ? endOfParentheses(text, at + 1) : at
    lookAhead -= end - at
    return text[end - 1] === ')' ? end : at
  }
  const endWord = (): void => {
    if (word === undefined) return
    if (redirect === undefined) words.push(word)
    else if (redirect === '<') reads.push(word)
    else if (redirect === '>') writes.push(word)
    else if (redirect === '<<') hereDocuments.push(word)
    word = undefined
    redirect = undefined
  }
  const endCommand = (): void => {
    endWord()
    redirect = undefined
    const kept = withoutPrefix(words)
    const folder = folders.at(-1)
    if (kept.length > 0) commands.push({ words: kept, reads, writes, folder })
    else if (writes.length > 0 && commands.length < limit)
      commands.push({ words: [':'], reads, writes, folder })
    folders[folders.length - 1] = folderAfter(kept, folder)
    words = []
    reads = []
    writes = []
  }
  const add = (piece: string): void => {
    word = (word ?? '') + piece
  }
  const substitute = (end: number, start: number): void => {
    substitutions.push(text.slice(start, end))
    add(text.slice(at, Math.min(end + 1, text.length)))
    at = end + 1
  }

  while (at < text.length && commands.length < limit) {
    const character = text.charAt(at)
    const next = text.charAt(at + 1)
    if (character === ' ' || character === '\t' || character === '\r') {
      endWord()
      at += 1
    } else if (character === '\n') {
      endCommand()
      at += 1
      for (const delimiter of hereDocuments) at = endOfHereDocument(text, at, delimiter)
      hereDocuments = []
    } else if (character === '#' && word === undefined) {
      while (at < text.length && text[at] !== '\n') at += 1
    } else if (character === '&' && next === '>') {
      endWord()
      redirect = '>'
      at += text[at + 2] === '>' ? 3 : 2
    } else if (';&|()'.includes(character)) {
      if (character === '(' && next === '(' && word === undefined && at >= arithmeticEnd)
        arithmeticEnd = endOfArithmetic()
      endCommand()
      if (character === '(' && folders.length < MAX_SUBSHELLS) folders.push(folders.at(-1))
      else if (character === ')' && folders.length > 1) folders.pop()
      at += 1
    } else if ((character === '<' || character === '>') && next === '(') {
      const end = endOfParentheses(text, at + 2)
      substitute(end, at + 2)
    } else if (character === '<' || character === '>') {
      if (word !== undefined && /^\d+$/.test(word)) word = undefined
      endWord()
      const operator = /^(?:<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)/.exec(text.slice(at, at + 3))?.[0] ?? character
      at += operator.length
      redirect = at < arithmeticEnd && operator === '<<' ? 'shift' : kindOfRedirect(operator, text.charAt(at))
    } else if (character === "'") {
      const end = indexOrEnd(text, "'", at + 1)
      add(text.slice(at + 1, end))
      at = end + 1
    } else if (character === '"') {
      at = readDoubleQuoted(text, at + 1, add, substitutions)
    } else if (character === '\\') {
      if (next !== '\n') add(next)
      at += 2
    } else if (character === '$' && next === "'") {
      const end = endOfEscaped(text, at + 2, "'")
      add(unescape(text.slice(at + 2, end)))
      at = end + 1
    } else if (character === '$' && next === '(') {
      substitute(endOfParentheses(text, at + 2), at + 2)
    } else if (character === '$' && next === '{') {
      const end = indexOrEnd(text, '}', at + 2)
      add(text.slice(at, end + 1))
      at = end + 1
    } else if (character === '`') {
      substitute(endOfEscaped(text, at + 1, '`'), at + 1)
    } else {
      let end = at + 1
      while (end < text.length && PLAIN.test(text.charAt(end))) end += 1
      add(text.slice(at, end))
      at = end
    }
  }
  endCommand()
  return { commands, substitutions }
}

const MAX_SUBSHELLS = 64

const PLAIN = /[^\s;&|()<>'"\\$`]/

function withoutPrefix(words: readonly string[]): readonly string[] {
  let start = 0
  while (
    start < words.length &&
    (BEFORE_COMMAND.has(words[start] ?? '') || ASSIGNMENT.test(words[start] ?? ''))
  ) {
    start += 1
  }
  return NO_COMMAND.has(words[start] ?? '') ? [] : words.slice(start)
}

/** `<` and `>` name a file, `<<` a here-document's end; a duplicated descriptor and a here-string name nothing. */
function kindOfRedirect(operator: string, after: string): string {
  if (operator === '<<' || operator === '<<-') return '<<'
  if (operator === '<<<') return 'here-string'
  if (operator === '<&' || operator === '>&') return /[\d-]/.test(after) ? 'descriptor' : operator.charAt(0)
  return operator === '<' ? '<' : '>'
}

function indexOrEnd(text: string, search: string, from: number): number {
  const index = text.indexOf(search, from)
  return index === -1 ? text.length : index
}

function endOfEscaped(text: string, from: number, quote: string): number {
  let at = from
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1
  return Math.min(at, text.length)
}

/** Index of the parenthesis that closes the one before `from`, or the end of the text. */
function endOfParentheses(text: string, from: number): number {
  let depth = 1
  let at = from
  while (at < text.length) {
    const character = text[at]
    if (character === '\\') at += 1
    else if (character === "'") at = indexOrEnd(text, "'", at + 1)
    else if (character === '"') at = endOfEscaped(text, at + 1, '"')
    else if (character === '(') depth += 1
    else if (character === ')') {
      depth -= 1
      if (depth === 0) return at
    }
    at += 1
  }
  return text.length
}

/** Adds what stands between double quotes; returns the index behind the closing one. */
function readDoubleQuoted(
  text: string,
  from: number,
  add: (piece: string) => void,
  substitutions: string[],
): number {
  let at = from
  let plain = from
  add('')
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\') {
      add(text.slice(plain, at))
      const escaped = text.charAt(at + 1)
      if (escaped !== '\n') add('"\\$`'.includes(escaped) ? escaped : `\\${escaped}`)
      at += 2
      plain = at
    } else if (text[at] === '$' && text[at + 1] === '(') {
      const end = endOfParentheses(text, at + 2)
      substitutions.push(text.slice(at + 2, end))
      at = end + 1
    } else if (text[at] === '`') {
      const end = endOfEscaped(text, at + 1, '`')
      substitutions.push(text.slice(at + 1, end))
      at = end + 1
    } else at += 1
  }
  add(text.slice(plain, at))
  return at + 1
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  e: '\u001b',
  '0': '\0',
}

function unescape(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{1,2})|(.))/gs, (_all, hex?: string, character?: string) =>
    hex === undefined
      ? (ESCAPES[character ?? ''] ?? character ?? '')
      : String.fromCharCode(parseInt(hex, 16)),
  )
}

function endOfHereDocument(text: string, from: number, delimiter: string): number {
  let at = from
  while (at < text.length) {
    const end = indexOrEnd(text, '\n', at)
    if (text.slice(at, end).trimStart() === delimiter) return end + 1
    at = end + 1
  }
  return text.length
}
