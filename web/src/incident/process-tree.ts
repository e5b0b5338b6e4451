import type { Evidence } from '../api/types.ts'

/** A process that evidence tells of, with those that it started. */
export interface ProcessNode {
  readonly key: string
  readonly pid: number
  /** Programs that ran under this pid, in order: a process that executes another keeps its pid. Hostile text. */
  readonly images: { readonly executable: string; readonly commandLine: string }[]
  /** Ids of the events that matched on it. */
  readonly matched: string[]
  readonly children: ProcessNode[]
}

interface Step {
  readonly pid: number
  readonly executable: string
  readonly commandLine: string
}

/**
 * Merges the ancestries of all evidence into one tree by pid, each host for itself. Where a pid comes back under
 * another parent and with another program, it is another process.
 */
export function processTree(evidence: readonly Evidence[]): readonly ProcessNode[] {
  const nodes = new Map<string, { readonly node: ProcessNode; parent: string | undefined }>()
  const ordered = evidence.toSorted((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1))

  const place = (host: string, step: Step, parent: string | undefined): string => {
    for (let twin = 0; ; twin += 1) {
      const key = `${host}|${step.pid}${twin === 0 ? '' : `|${twin}`}`
      const there = nodes.get(key)
      if (there === undefined) {
        nodes.set(key, { node: { key, pid: step.pid, images: [], matched: [], children: [] }, parent })
        note(nodes.get(key)?.node, step)
        return key
      }
      const elsewhere = parent !== undefined && there.parent !== undefined && there.parent !== parent
      if (elsewhere && !runs(there.node, step)) continue
      if (parent !== undefined && !isBelow(nodes, parent, key)) there.parent ??= parent
      note(there.node, step)
      return key
    }
  }

  for (const { event, fields } of ordered) {
    const chain = ancestry(fields)
    let parent: string | undefined
    for (const step of chain) parent = place(textOf(fields['host.name']), step, parent)
    if (parent !== undefined) nodes.get(parent)?.node.matched.push(event)
  }
  const roots: ProcessNode[] = []
  for (const { node, parent } of nodes.values()) {
    const above = parent === undefined ? undefined : nodes.get(parent)
    ;(above === undefined ? roots : above.node.children).push(node)
  }
  return roots
}

/** From the furthest ancestor down to the process itself; empty where the event is of no process. */
function ancestry(fields: Evidence['fields']): readonly Step[] {
  const own = stepOf(fields['ProcessId'], fields['Image'], fields['CommandLine'])
  if (own === undefined) return []
  const told = fields['process.ancestors']
  const ancestors = (Array.isArray(told) ? told : []).flatMap((each: unknown) => ancestorOf(each) ?? [])
  const parent = stepOf(fields['ParentProcessId'], fields['ParentImage'], fields['ParentCommandLine'])
  const above = ancestors.length > 0 || parent === undefined ? ancestors : [parent]
  return [...above.toReversed(), own]
}

function ancestorOf(told: unknown): Step | undefined {
  if (typeof told !== 'object' || told === null) return undefined
  const { pid, executable, command_line: commandLine } = told as Readonly<Record<string, unknown>>
  return stepOf(pid, executable, commandLine)
}

function stepOf(pid: unknown, executable: unknown, commandLine: unknown): Step | undefined {
  const number = Number(pid)
  if (pid === undefined || pid === '' || !Number.isSafeInteger(number) || number < 0) return undefined
  return { pid: number, executable: textOf(executable), commandLine: textOf(commandLine) }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function runs({ images }: ProcessNode, { executable }: Step): boolean {
  return executable === '' || images.some((image) => image.executable === executable)
}

function note(node: ProcessNode | undefined, { executable, commandLine }: Step): void {
  if (node === undefined || (executable === '' && commandLine === '')) return
  const known = node.images.some(
    (image) => image.executable === executable && (commandLine === '' || image.commandLine === commandLine),
  )
  if (!known) node.images.push({ executable, commandLine })
}

/** Whether `key` is `above` itself or an ancestor of it: hostile evidence must not close a circle. */
function isBelow(
  nodes: ReadonlyMap<string, { readonly parent: string | undefined }>,
  key: string,
  above: string,
): boolean {
  for (let at: string | undefined = key; at !== undefined; at = nodes.get(at)?.parent) {
    if (at === above) return true
  }
  return false
}
