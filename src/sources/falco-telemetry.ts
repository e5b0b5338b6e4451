import { posix } from 'node:path'
import { textOf, type JsonObject } from './json.ts'
import { listenFields, networkEnd, peerFields, processFields } from './linux-event.ts'
import type { LinuxCategory, LinuxProgram, SocketEnd } from './linux-event.ts'

/** What a record of our rules for Falco says; names are those of Linux' categories. */
export interface FalcoTelemetry {
  readonly category: LinuxCategory
  readonly fields: JsonObject
}

/** Rules of sensors/falco/tallyman_rules.yaml, and what their records add to who did it. */
const RULES: Readonly<
  Record<string, { readonly category: LinuxCategory; readonly adds: (fields: JsonObject) => JsonObject }>
> = {
  'Tallyman: program started': {
    category: 'process_creation',
    adds: (fields) => ({ 'process.result': numberOf(fields['evt.rawres']) }),
  },
  'Tallyman: file written': { category: 'file_event', adds: opened },
  'Tallyman: file read': { category: 'file_read', adds: opened },
  'Tallyman: file renamed': {
    category: 'file_rename',
    adds: (fields) => ({
      SourceFilename: textOf(fields['fs.path.source']),
      TargetFilename: textOf(fields['fs.path.target']),
    }),
  },
  'Tallyman: connection': {
    category: 'network_connection',
    adds: (fields) => {
      const peer = endOf(fields)
      return {
        ...(peer !== undefined && peerFields(peer, protocolOf(fields))),
        SourceIp: textOf(fields['fd.cip']),
        SourcePort: numberOf(fields['fd.cport']),
      }
    },
  },
  'Tallyman: socket waits': {
    category: 'network_listen',
    adds: (fields) => {
      const local = endOf(fields)
      return local === undefined ? {} : listenFields(local, protocolOf(fields))
    },
  },
  'Tallyman: kernel asked': { category: 'kernel_call', adds: called },
}

/** Names of the rules whose records are telemetry. */
export const TELEMETRY_RULES: readonly string[] = Object.keys(RULES)

/** What a record of one of our own rules tells; undefined for those of all others, which are Falco's alerts. */
export function falcoTelemetry(rule: string, fields: JsonObject): FalcoTelemetry | undefined {
  const of = Object.hasOwn(RULES, rule) ? RULES[rule] : undefined
  if (of === undefined) return undefined
  const result = of.category === 'process_creation' ? undefined : numberOf(fields['evt.rawres'])
  return {
    category: of.category,
    fields: {
      ...whoOf(fields),
      'syscall.name': textOf(fields['evt.type']),
      'syscall.result': result,
      ...of.adds(fields),
    },
  }
}

const ANCESTORS = [2, 3, 4]

function whoOf(fields: JsonObject): JsonObject {
  const executable = textOf(fields['proc.exepath'])
  const name = textOf(fields['proc.exe']) ?? textOf(fields['proc.name'])
  const isInMemory = fields['proc.is_exe_from_memfd'] === true || fields['proc.is_exe_from_memfd'] === 'true'
  const parent = program(textOf(fields['proc.pexepath']), textOf(fields['proc.pcmdline']))
  const above = ANCESTORS.map((n) =>
    program(textOf(fields[`proc.aexepath[${n}]`]), textOf(fields[`proc.acmdline[${n}]`])),
  )
  return processFields({
    executable,
    args: name === undefined ? [] : [name, ...wordsOf(textOf(fields['proc.args']))],
    cwd: textOf(fields['proc.cwd']),
    user: textOf(fields['user.name']) ?? idOf(fields['user.uid']),
    pid: numberOf(fields['proc.pid']),
    ppid: numberOf(fields['proc.ppid']),
    file: isInMemory
      ? `memfd:${textOf(fields['proc.name']) ?? ''}`
      : executable && posix.basename(executable),
    ...(parent !== undefined && { parent }),
    ancestors: [parent, ...above].filter((each) => each !== undefined),
  })
}

function program(executable: string | undefined, line: string | undefined): LinuxProgram | undefined {
  return executable === undefined && line === undefined ? undefined : { executable, args: wordsOf(line) }
}

/** Falco joins arguments by blanks, and does not say where one that holds a blank ends. */
function wordsOf(line: string | undefined): readonly string[] {
  return line === undefined ? [] : line.split(' ').filter((word) => word !== '')
}

function opened(fields: JsonObject): JsonObject {
  const flags = namesIn(fields['evt.arg.flags']).filter((name) => !name.startsWith('O_F_'))
  return { TargetFilename: textOf(fields['fd.name']), 'file.flags': flags.length > 0 ? flags : undefined }
}

/** `O_TRUNC|O_CREAT|O_WRONLY`, also behind a number: `65(O_CREAT|O_WRONLY)`. */
function namesIn(value: unknown): readonly string[] {
  return (textOf(value) ?? '').split(/[|()\s]+/).filter((word) => /^[A-Z][A-Z0-9_]+$/.test(word))
}

function endOf(fields: JsonObject): SocketEnd | undefined {
  if (fields['fd.type'] === 'unix') {
    // addresses of both ends in memory, then the path
    const path = /(?:^|\s)(\/\S+|@\S+)$/.exec(textOf(fields['fd.name']) ?? '')?.[1]
    return path === undefined ? undefined : { family: 'unix', address: path }
  }
  const address = textOf(fields['fd.sip'])
  return address === undefined ? undefined : networkEnd(address, numberOf(fields['fd.sport']))
}

function protocolOf(fields: JsonObject): string | undefined {
  return textOf(fields['fd.l4proto'])?.toLowerCase()
}

/** Falco's names of arguments, and those that our other sensors have. */
const ARGUMENTS: Readonly<Record<string, string>> = { dev: 'source', dir: 'target' }

function called(fields: JsonObject): JsonObject {
  const words = wordsOf(textOf(fields['evt.args'])).filter((word) => !word.startsWith('res='))
  const args = words.map((word) => {
    const [name = '', ...rest] = word.split('=')
    return rest.length === 0 || !Object.hasOwn(ARGUMENTS, name)
      ? word
      : `${ARGUMENTS[name]}=${rest.join('=')}`
  })
  const flags = ['evt.arg.flags', 'evt.arg.request', 'evt.arg.cmd', 'evt.arg.nstype'].flatMap((name) =>
    namesIn(fields[name]),
  )
  return {
    'syscall.args': args.length > 0 ? args.join(' ') : undefined,
    'syscall.flags': flags.length > 0 ? flags : undefined,
  }
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

function idOf(value: unknown): string | undefined {
  const id = numberOf(value)
  return id === undefined ? undefined : String(id)
}
