import { safe } from './output.ts'

interface Row {
  readonly pid: number | undefined
  readonly text: string
}

/**
 * The lines of a small tree, from what started the container down to the process of the event; none where the
 * evidence names no processes above it.
 */
export function processTree(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const ancestors = fields['process.ancestors']
  if (!Array.isArray(ancestors)) return []
  const above = ancestors.map((one: unknown) => rowOf(one, 'pid', 'command_line', 'executable')).toReversed()
  const itself = rowOf(fields, 'ProcessId', 'CommandLine', 'Image')
  return [...above, itself].map(({ pid, text }, depth) => {
    const branch = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `
    return `${branch}${pid === undefined ? '' : `[${pid}] `}${safe(shortened(text))}`
  })
}

function rowOf(value: unknown, pid: string, line: string, program: string): Row {
  const of = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  const text = [of[line], of[program]].find((one): one is string => typeof one === 'string' && one !== '')
  return { pid: typeof of[pid] === 'number' ? of[pid] : undefined, text: text ?? 'unknown' }
}

const WIDTH = 120

function shortened(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text
}
