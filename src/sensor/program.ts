/** What is named so at its end may be a key, a token or a trust store: four characters, compared in the kernel. */
const SUFFIXES = [
  '.pem',
  '.key',
  '.crt',
  '.cer',
  '.der',
  '.p12',
  '.pfx',
  '.jks',
  '.csr',
  '.asc',
  '.gpg',
  '_rsa',
  '_dsa',
  'cdsa',
  '5519',
  '_key',
  'oken',
  'keys',
  'adow',
  'ials',
  'erts',
  'ring',
  'nfig',
]
/** What lies below a folder that begins so: eight characters. */
const PREFIXES = ['/etc/ssl', '/etc/pki', '/etc/kub', '/run/sec', '/root/.s', '/root/.a', '/root/.k']

/** Folders and names of keys and trust stores: what the kernel's coarse filter lets through is judged by these. */
const SENSITIVE: readonly RegExp[] = [
  /\.(?:pem|key|crt|cer|der|p12|pfx|jks|csr|asc|gpg|keystore|truststore)$/,
  /\/(?:id_(?:rsa|dsa|ecdsa|ed25519)|ssh_host_\w+_key|authorized_keys|g?shadow|cacerts|secring|token)$/,
  /\/\.(?:ssh|aws|kube|gnupg|azure|docker)\//,
  /^\/etc\/(?:ssl|pki|kubernetes|ca-certificates)\//,
  /^\/(?:var\/)?run\/secrets\//,
  /^\/usr\/(?:local\/)?share\/ca-certificates\//,
]

/** Whether a path is that of a key or a trust store. */
export function isSensitive(path: string): boolean {
  return SENSITIVE.some((pattern) => pattern.test(path))
}

export interface Program {
  readonly text: string
  /** System calls and tracepoints that the program asks for and this kernel lacks. */
  readonly missing: readonly string[]
}

/**
 * The program that bpftrace takes: macros written out (bpftrace 0.17 has no functions), and without the
 * tracepoints that `has` denies; a block that loses its last one is left out.
 */
export function expandProgram(template: string, has: (tracepoint: string) => boolean): Program {
  const { text, macros } = takeMacros(template)
  const filled = text.replace('@FILTER()', filterLines())
  const missing: string[] = []
  const blocks = filled.split(/\n\n+/).map((block) => withoutMissing(block, has, missing))
  const expanded = expandMacros(blocks.filter((block) => block !== '').join('\n\n'), macros)
  return { text: expanded, missing: [...new Set(missing)] }
}

function filterLines(): string {
  const line = (map: string, word: string): string => `  @${map}[(uint64)${littleEndian(word)}] = 1;`
  return [
    ...PREFIXES.map((word) => line('prefix', word)),
    ...SUFFIXES.map((word) => line('suffix', word)),
  ].join('\n')
}

function littleEndian(word: string): bigint {
  return [...Buffer.from(word)].reduceRight((value, byte) => value * 256n + BigInt(byte), 0n)
}

const ATTACH = /^tracepoint:(\w+:\w+),?$/

function withoutMissing(block: string, has: (tracepoint: string) => boolean, missing: string[]): string {
  const lines = block.split('\n')
  const points = lines.filter((line) => ATTACH.test(line))
  if (points.length === 0) return block
  const nameOf = (line: string): string => ATTACH.exec(line)?.[1] ?? ''
  const there = points.filter((line) => has(nameOf(line)))
  missing.push(
    ...points
      .filter((line) => !there.includes(line))
      .map((line) => nameOf(line).replace(/^.*:(?:sys_\w+?_)?/, '')),
  )
  if (there.length === 0) return ''
  const first = lines.findIndex((line) => ATTACH.test(line))
  const attached = there.map((line) => line.replace(/,$/, '')).join(',\n')
  return [...lines.slice(0, first), attached, ...lines.slice(first + points.length)].join('\n')
}

interface Macro {
  readonly parameters: readonly string[]
  readonly body: string
}

function takeMacros(template: string): {
  readonly text: string
  readonly macros: ReadonlyMap<string, Macro>
} {
  const macros = new Map<string, Macro>()
  const text = template.replace(
    /^@macro (\w+)\(([^)]*)\)\n(.*?)\n@end\n/gms,
    (_all, name: string, parameters: string, body: string) => {
      macros.set(name, { parameters: wordsOf(parameters), body: body.trim() })
      return ''
    },
  )
  return { text, macros }
}

const CALL = /@([A-Z]+)\(/

function expandMacros(program: string, macros: ReadonlyMap<string, Macro>): string {
  let text = program
  for (let call = CALL.exec(text); call !== null; call = CALL.exec(text)) {
    const name = call[1] ?? ''
    const macro = macros.get(name)
    if (macro === undefined) throw new Error(`the sensor's program uses ${name}, which is no macro of it`)
    const from = call.index + call[0].length
    const to = closing(text, from)
    const values = wordsOf(text.slice(from, to))
    const body = macro.parameters.reduce(
      (all, parameter, index) => all.replaceAll(`{{${parameter}}}`, values[index] ?? ''),
      macro.body,
    )
    text = text.slice(0, call.index) + body + text.slice(to + 1)
  }
  return text
}

/** Where the bracket closes that opened just before `from`. */
function closing(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1
    else if (text[at] === ')') depth -= 1
    if (depth === 0) return at
  }
  return text.length
}

/** What stands between commas, but for those in brackets. */
function wordsOf(list: string): readonly string[] {
  const words: string[] = []
  let [depth, word] = [0, '']
  for (const character of `${list},`) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (character === ',' && depth === 0) {
      if (word.trim() !== '') words.push(word.trim())
      word = ''
    } else word += character
  }
  return words
}
