// Stands before bpftrace while the tour is recorded: hands its words and its output through, and leaves out what
// happens in control groups other than those below the one named. Other containers of the machine are nobody's
// business; left out before the sensor numbers its records, nothing is missing from these.
//   tour-tracer.ts CONTROL_GROUP …words of bpftrace
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { upToZero } from '../src/sensor/messages.ts'

const [group = '', ...words] = process.argv.slice(2)
const ours = new Set<string>()
/** What came before the event that it belongs to, by its time and thread. */
const held = new Map<string, string[]>()
const HELD = 4_096

const tracer = spawn('bpftrace', words, { stdio: ['ignore', 'pipe', 'inherit'] })
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => tracer.kill('SIGINT'))
tracer.on('exit', (code) => {
  process.exitCode = code ?? 0
})
createInterface({ input: tracer.stdout }).on('line', (line) => {
  for (const told of withoutOthers(line)) process.stdout.write(`${told}\n`)
})

/** The grammar of the messages stands in sensors/bpftrace/sensor.bt. */
function withoutOthers(line: string): readonly string[] {
  const [kind, first = '', second = '', ...rest] = messageOf(line)
  const of = `${first} ${second}`
  switch (kind) {
    case 'C':
      if (upToZero(Buffer.from(rest.join(''), 'hex')).toString() === group) ours.add(first)
      return [line]
    case 'L':
    case 'T':
    case 'D':
    case 'R':
    case 'A': {
      if (held.size > HELD) held.clear()
      held.set(of, [...(held.get(of) ?? []), line])
      return []
    }
    case 'E': {
      const id = `${second} ${rest[0]}`
      const before = held.get(id) ?? []
      held.delete(id)
      return ours.has(rest[5] ?? '') ? [...before, line] : []
    }
    default:
      return [line]
  }
}

function messageOf(line: string): readonly string[] {
  try {
    const { data } = JSON.parse(line) as { data?: unknown }
    return typeof data === 'string' ? data.trimEnd().split(' ') : []
  } catch {
    return []
  }
}
