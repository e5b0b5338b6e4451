import { posix } from 'node:path'

/** What a wrapper starts: an argument vector or a shell's script. */
export type Inner = {
  readonly wrapper: readonly string[]
  /** It runs in another folder or under another root than its wrapper. */
  readonly elsewhere?: boolean
} & ({ readonly argv: readonly string[] } | { readonly script: string })

/** How a wrapper's own words end. */
interface Wrapper {
  /** Options that take the next word as their value. */
  readonly values?: readonly string[]
  /** Words of its own that follow the options (timeout's duration, chroot's folder). */
  readonly operands?: number
  /** NAME=value words may precede the command. */
  readonly assignments?: boolean
  /** What it starts runs in another folder, or under another root. */
  readonly elsewhere?: boolean
}

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh', 'mksh', 'rbash'])
const SHELL_VALUES = new Set(['-o', '+o', '-O', '+O', '--rcfile', '--init-file'])

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  busybox: {},
  toybox: {},
  env: { values: ['-u', '--unset', '-C', '--chdir'], assignments: true },
  nohup: {},
  timeout: { values: ['-k', '--kill-after', '-s', '--signal'], operands: 1 },
  nice: { values: ['-n', '--adjustment'] },
  ionice: { values: ['-c', '-n', '--class', '--classdata'] },
  chrt: { operands: 1 },
  taskset: { operands: 1 },
  setsid: {},
  sudo: {
    values: [
      '-u',
      '-g',
      '-h',
      '-p',
      '-C',
      '-D',
      '-R',
      '-T',
      '-U',
      '--user',
      '--group',
      '--host',
      '--prompt',
      '--chdir',
    ],
    assignments: true,
  },
  doas: { values: ['-u', '-C'] },
  exec: { values: ['-a'] },
  command: {},
  builtin: {},
  time: { values: ['-f', '-o', '--format', '--output'] },
  'dbus-run-session': { values: ['--config-file', '--dbus-daemon'] },
  'dbus-launch': {},
  'xvfb-run': {
    values: ['-e', '-f', '-n', '-p', '-s', '-w', '--error-file', '--server-num', '--server-args', '--wait'],
  },
  chroot: { operands: 1, elsewhere: true },
  nsenter: {
    values: ['-t', '--target', '-S', '--setuid', '-G', '--setgid', '-W', '--wdns'],
    elsewhere: true,
  },
  unshare: { values: ['-S', '--setuid', '-G', '--setgid', '-R', '--root', '-w', '--wd'], elsewhere: true },
  setpriv: { values: ['--reuid', '--regid', '--groups', '--inh-caps', '--ambient-caps', '--bounding-set'] },
  tini: { values: ['-p', '-e'] },
  'tini-static': { values: ['-p', '-e'] },
  'docker-init': { values: ['-p', '-e'] },
  'dumb-init': { values: ['-r', '--rewrite'] },
  catatonit: {},
  gosu: { operands: 1 },
  setuidgid: { operands: 1 },
  's6-setuidgid': { operands: 1 },
  'su-exec': { operands: 1 },
  xargs: {
    values: [
      '-I',
      '-n',
      '-P',
      '-L',
      '-s',
      '-d',
      '-E',
      '-a',
      '--max-args',
      '--max-procs',
      '--arg-file',
      '--delimiter',
    ],
  },
  stdbuf: { values: ['-i', '-o', '-e', '--input', '--output', '--error'] },
  fakeroot: {},
  watch: { values: ['-n', '--interval'] },
  strace: { values: ['-e', '-o', '-p', '-s', '-u', '-E', '-P'] },
}

/** What the command starts in turn, if it is a wrapper; nothing otherwise. */
export function innerCommand(words: readonly string[]): readonly Inner[] {
  const name = posix.basename(words[0] ?? '')
  if (SHELLS.has(name)) return shellScript(words)
  if (name === 'eval')
    return words.length > 1 ? [{ wrapper: ['eval'], script: words.slice(1).join(' ') }] : []
  if (name === 'su' || name === 'runuser' || name === 'script' || name === 'flock') return optionScript(words)
  if (name === 'find') return executedByFind(words)
  if (name === 'parallel') return parallelScript(words)
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined
  if (wrapper === undefined) return []
  const start = endOfOptions(words, wrapper)
  const split = name === 'env' ? splitByEnv(words, start) : []
  if (split.length > 0) return split
  if (start >= words.length) return []
  const elsewhere = wrapper.elsewhere === true && { elsewhere: true }
  return [{ wrapper: words.slice(0, start), argv: words.slice(start), ...elsewhere }]
}

/** `env -S 'words'`: they stand in the place of the option, and may be options in turn. */
function splitByEnv(words: readonly string[], end: number): readonly Inner[] {
  for (let at = 1; at < Math.min(end + 1, words.length); at += 1) {
    const option = /^(?:--split-string|-[a-zA-Z0]*?S)(?:=?(.*))$/s.exec(words[at] ?? '')
    if (option === null) continue
    const isWithin = (option[1] ?? '') !== ''
    const text = isWithin ? option[1] : words[at + 1]
    if (text === undefined) return []
    const rest = words.slice(isWithin ? at + 1 : at + 2)
    const script = [...(text.trimStart().startsWith('-') ? ['env'] : []), text, ...rest].join(' ')
    return [{ wrapper: words.slice(0, at + 1), script }]
  }
  return []
}

/** GNU parallel hands its words to a shell, once for each argument behind `:::`. */
function parallelScript(words: readonly string[]): readonly Inner[] {
  const start = endOfOptions(words, PARALLEL)
  const end = words.findIndex((word) => /^:::+\+?$/.test(word))
  const script = words.slice(start, end === -1 ? undefined : end).join(' ')
  return script === '' ? [] : [{ wrapper: words.slice(0, start), script }]
}

const PARALLEL: Wrapper = {
  values: [
    '-a',
    '-C',
    '-I',
    '-j',
    '-L',
    '-n',
    '-N',
    '-P',
    '-S',
    '--arg-file',
    '--delay',
    '--jobs',
    '--timeout',
  ],
}

function shellScript(words: readonly string[]): readonly Inner[] {
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (!/^[-+]./.test(word) || word === '--') return []
    if (/^-[a-zA-Z]*c[a-zA-Z]*$/.test(word)) {
      let script = at + 1
      while (words[script]?.startsWith('-') === true && script + 1 < words.length) script += 1
      const text = words[script]
      return text === undefined ? [] : [{ wrapper: words.slice(0, script), script: text }]
    }
    if (SHELL_VALUES.has(word)) at += 1
  }
  return []
}

/** su and its like: the script is the value of -c. */
function optionScript(words: readonly string[]): readonly Inner[] {
  const at = words.findIndex((word, index) => index > 0 && /^(?:-[a-zA-Z]*c|--command)$/.test(word))
  const script = at === -1 ? undefined : words[at + 1]
  return script === undefined ? [] : [{ wrapper: words.slice(0, at + 1), script }]
}

function executedByFind(words: readonly string[]): readonly Inner[] {
  const at = words.findIndex((word) => /^-(?:exec|execdir|ok|okdir)$/.test(word))
  if (at === -1) return []
  const end = words.findIndex((word, index) => index > at && (word === ';' || word === '+'))
  const argv = words.slice(at + 1, end === -1 ? undefined : end)
  return argv.length === 0 ? [] : [{ wrapper: words.slice(0, at + 1), argv }]
}

function endOfOptions(words: readonly string[], wrapper: Wrapper): number {
  let at = 1
  for (;;) {
    const word = words[at] ?? ''
    if (word === '--') {
      at += 1
      break
    }
    if (word.length > 1 && word.startsWith('-')) at += takesNext(word, wrapper.values ?? []) ? 2 : 1
    else if (wrapper.assignments === true && /^\w+=/.test(word)) at += 1
    else break
  }
  at += wrapper.operands ?? 0
  while (wrapper.assignments === true && /^\w+=/.test(words[at] ?? '')) at += 1
  return words[at] === '--' ? at + 1 : at
}

/** Whether an option's value is the next word; of options in one word (`-nu root`) the first that takes one. */
function takesNext(word: string, values: readonly string[]): boolean {
  if (values.includes(word)) return true
  if (word.startsWith('--')) return false
  const first = Array.from(word.slice(1, 32)).findIndex((letter) => values.includes(`-${letter}`))
  return first !== -1 && first === word.length - 2
}
