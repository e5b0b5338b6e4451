import { posix } from 'node:path'
import { absolutePath } from './shell-folder.ts'
import { splitScript } from './shell-script.ts'
import type { ScriptCommand } from './shell-script.ts'
import { innerCommand } from './shell-wrappers.ts'

/** One command as a shell would start it, with the files that its words name. */
export interface SimpleCommand {
  /** At least one. */
  readonly words: readonly string[]
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** Words of the wrapper that it was found behind; empty for the outermost. */
  readonly parent: readonly string[]
}

const MAX_DEPTH = 8
const MAX_COMMANDS = 256
const MAX_WORDS = 1_024
const MAX_SCRIPT = 256 * 1024

/**
 * The simple commands in an argument vector: itself, and what its wrappers (sh -c, env, nohup, busybox, …)
 * start. `folder` is where it is started, if that is known. At most 256, eight wrappers deep. Linear; never throws.
 */
export function commandsOf(argv: readonly string[], folder?: string): readonly SimpleCommand[] {
  const found: SimpleCommand[] = []
  addCommand({ words: argv, reads: [], writes: [], folder }, [], 0, found)
  return found
}

const LOST_QUOTES =
  /^((?:\S+\s+)*?)((?:\S*\/)?(?:ba|da|a|z|k)?sh)\s+((?:-\S+\s+)*?-[a-zA-Z]*c[a-zA-Z]*)\s+(?:--\s+)?/

/**
 * The simple commands in a command line that lost its quotes, as Docker's `exec_create: …` has it: behind
 * `sh -c` the rest is the script, otherwise words end at blanks.
 */
export function commandsOfLine(line: string): readonly SimpleCommand[] {
  const text = line.trim().slice(0, MAX_SCRIPT)
  const shell = LOST_QUOTES.exec(text.slice(0, 2_048))
  if (shell === null) return commandsOf(wordsOf(text))
  const head = shell[0]
  return commandsOf([...wordsOf(head), text.slice(head.length)])
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function addCommand(
  command: ScriptCommand,
  parent: readonly string[],
  depth: number,
  found: SimpleCommand[],
): void {
  if (command.words.length === 0 || found.length >= MAX_COMMANDS) return
  const words = command.words.slice(0, MAX_WORDS)
  const written = new Set([...command.writes, ...writtenBy(words)].filter(isFile))
  const reads = unique([...command.reads, ...words.slice(1).flatMap(pathIn)]).filter(
    (path) => isFile(path) && !written.has(path),
  )
  const writes = unique([...written].map((path) => absolutePath(path, command.folder)))
  // `:` does nothing but what its redirections do
  if (words[0] === ':' && writes.length === 0) return
  found.push({ words, reads, writes, parent })
  if (depth >= MAX_DEPTH) return
  for (const inner of innerCommand(command.words)) {
    const folder = inner.elsewhere === true ? undefined : command.folder
    if ('argv' in inner)
      addCommand({ words: inner.argv, reads: [], writes: [], folder }, inner.wrapper, depth + 1, found)
    else addScript(inner.script, inner.wrapper, depth + 1, found, folder)
  }
}

function addScript(
  script: string,
  parent: readonly string[],
  depth: number,
  found: SimpleCommand[],
  folder?: string,
): void {
  const { commands, substitutions } = splitScript(script.slice(0, MAX_SCRIPT), MAX_COMMANDS, folder)
  for (const command of commands) addCommand(command, parent, depth, found)
  if (depth >= MAX_DEPTH) return
  for (const substitution of substitutions) {
    if (found.length >= MAX_COMMANDS) return
    addScript(substitution, parent, depth + 1, found)
  }
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}

const NO_FILE = /^(?:-|&.*|\/dev\/(?:null|stdout|stderr|stdin|tty|fd\/.*))$/

function isFile(path: string): boolean {
  return path !== '' && !NO_FILE.test(path)
}

const FILE_NAME =
  /^[\w-][\w.-]*\.(?:key|pem|crt|cer|csr|p12|pfx|jks|conf|html?|json|ya?ml|sh|txt|log|tar|gz|tgz|zip|db)$/i

/** A word, or the value of `option=value` and `@value`, that looks like a path. */
function pathIn(word: string): readonly string[] {
  if (word.length > 4_096) return []
  const value = /^(?:--?[\w-]+=|\w+=|@)(.+)$/s.exec(word)?.[1] ?? word
  if (value.startsWith('-') || value.includes('://') || /\s|^\/\w+=/.test(value)) return []
  return value.includes('/') || FILE_NAME.test(value) ? [value] : []
}

/** Files that a command writes because of what it is. */
function writtenBy(words: readonly string[]): readonly string[] {
  const name = posix.basename(words[0] ?? '')
  const operands = words.slice(1).filter((word) => !word.startsWith('-'))
  switch (name) {
    case 'tee':
    case 'touch':
    case 'truncate':
      return operands
    case 'cp':
    case 'mv':
    case 'install':
    case 'ln':
    case 'rsync':
    case 'scp': {
      const target = valuesOf(words, ['-t', '--target-directory'])
      return target.length > 0 ? target : operands.slice(1).slice(-1)
    }
    case 'dd':
      return words.flatMap((word) => (word.startsWith('of=') ? [word.slice(3)] : []))
    case 'openssl':
      return valuesOf(words, ['-out', '-keyout', '-CAserial', '-writerand'])
    case 'curl':
      return valuesOf(words, ['--output', '-o', /^-[A-Za-z#]*o$/])
    case 'wget':
      return valuesOf(words, ['--output-document', '-O', /^-[A-Za-z]*O$/])
    case 'tar':
    case 'bsdtar':
      return /^(?:-?[a-zA-Z]*c|--create)/.test(words[1] ?? '')
        ? valuesOf(words, ['--file', /^-?[A-Za-z]*f$/])
        : []
    case 'zip':
      return operands.slice(0, 1)
    case 'sed':
    case 'perl':
      return words.some((word) => /^(?:-[a-zA-Z]*i|--in-place)/.test(word)) ? operands.slice(1) : []
    default:
      return []
  }
}

/** Values of options, as the next word or behind `=`. */
function valuesOf(words: readonly string[], options: readonly (string | RegExp)[]): readonly string[] {
  return words.flatMap((word, index) => {
    for (const option of options) {
      if (typeof option === 'string' ? word === option : option.test(word)) return words[index + 1] ?? []
      if (typeof option === 'string' && word.startsWith(`${option}=`)) return [word.slice(option.length + 1)]
    }
    return []
  })
}
