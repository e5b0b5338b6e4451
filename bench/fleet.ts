import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { loadDetection } from '../src/detection.ts'
import type { Input, InputBatch } from '../src/inputs/input.ts'
import { runPipeline } from '../src/loop/pipeline.ts'
import { sources } from '../src/sources/index.ts'
import { openStore } from '../src/store/sqlite.ts'
import { createLedger } from './fleet/ledger.ts'
import { createNode, type Node } from './fleet/node.ts'
import { createWorld } from './fleet/world.ts'

const MACHINES = 50
const RATE = 20_000
/** Seconds of records that are read before it is measured, and while it is. */
const WARM = 3
const SECONDS = 6

/**
 * Processor time of a record of the simulated fleet through the daemon's loop: decoding, joins, rules, coverage, commits
 * to a durable store. What its transport costs is left out.
 */
export async function fleet(say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-fleet-'))
  try {
    const began = Date.now() - (WARM + SECONDS) * 1_000
    const world = createWorld({ machines: MACHINES, containers: 1_000 }, began)
    const ledger = createLedger(1_000)
    let batches: InputBatch[] = []
    const offsets = new Map<string, number>()
    const nodes = world.machines.map((machine): Node =>
      createNode(machine, {
        world,
        ledger,
        rate: RATE / MACHINES,
        agent: {
          append({ name, type }, stream, text) {
            const within = `${machine.name}/${name}`
            const own = type === 'docker' ? `docker:${within}:${machine.name}` : `agent:${within}:${stream}`
            const bytes = Buffer.from(text)
            const offset = offsets.get(own) ?? 0
            offsets.set(own, offset + bytes.length)
            const resource = { 'host.name': machine.name }
            batches.push({
              chunks: [
                {
                  stream: own,
                  offset,
                  bytes,
                  machine: { agent: machine.name, resource, relays: false },
                  kept: true,
                },
              ],
              findings: [],
              unreadable: [],
              of: { name: within, sources: undefined },
            })
          },
        },
      }),
    )
    const yardstick = createYardstick()
    let [records, start] = [0, process.cpuUsage()]
    const input: Input = {
      name: 'agents',
      handsOn: () => true,
      async *read() {
        for (const node of nodes) node.begin(began)
        for (let second = 0; second < WARM + SECONDS; second += 1) {
          const from = began + second * 1_000
          const spent = process.cpuUsage()
          for (const node of nodes) {
            node.write(from, from + 1_000)
          }
          const { ended, started } = world.replace(world.random.of(world.machines), from)
          nodes.find(({ machine }) => machine === ended.node)?.replaced(ended, started, from)
          if (second >= WARM) yardstick.parse(batches)
          const made = process.cpuUsage(spent)
          start = { user: start.user + made.user, system: start.system + made.system }
          if (second === WARM) [records, start] = [ledger.records(), process.cpuUsage()]
          yield* gathered(batches)
          batches = []
        }
      },
    }
    const store = openStore(join(folder, 'store.db'), { durable: true })
    const detection = await loadDetection({
      strategies: resolve(import.meta.dirname, '../strategies'),
      rules: [],
      site: undefined,
      zone: 'UTC',
      now: Date.now,
    })
    const over = new AbortController()
    await runPipeline(
      [input],
      {
        store,
        sources,
        detection: () => detection,
        now: Date.now,
        arriving: true,
        coverage: { strategies: () => detection.strategies, contacts: () => new Map() },
        correlations: { lateness: 30_000, patience: 60_000, waiting: 500_000, told: say, zone: 'UTC' },
      },
      over.signal,
    )
    const { user, system } = process.cpuUsage(start)
    const read = ledger.records() - records
    const { evaluated, failed, duplicates } = store.totals()
    store.close()
    if (evaluated !== ledger.records() || failed + duplicates > 0)
      throw new Error(`${ledger.records()} records, ${evaluated} evaluated, ${failed} failed`)
    const each = (user + system) / read
    say(`records    ${read} of ${MACHINES} machines, after ${records} others`)
    say(`yardstick  ${yardstick.each().toFixed(1)} µs a record for JSON.parse alone`)
    say(
      `processor  ${each.toFixed(1)} µs a record: ${Math.round(each * RATE * 1e-4)} % of one core at ${RATE} a second`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What JSON.parse alone takes for the same records meanwhile: what else the machine does slows both down. */
function createYardstick() {
  let [parsed, spent] = [0, 0]
  return {
    parse(batches: readonly InputBatch[]) {
      const lines = batches
        .flatMap(({ chunks }) => chunks)
        .flatMap(({ bytes }) => Buffer.from(bytes).toString().split('\n'))
        .filter((line) => line.startsWith('{'))
      const before = process.cpuUsage()
      for (const line of lines) JSON.parse(line)
      const { user, system } = process.cpuUsage(before)
      parsed += lines.length
      spent += user + system
    },
    each: () => spent / parsed,
  }
}

/** What one machine wrote in a second is one batch, as its agent keeps it. */
function gathered(batches: readonly InputBatch[]): readonly InputBatch[] {
  const byMember = Map.groupBy(batches, ({ of }) => of?.name ?? '')
  return [...byMember.values()].flatMap((own) => {
    const [first] = own
    return first === undefined ? [] : [{ ...first, chunks: own.flatMap(({ chunks }) => chunks) }]
  })
}
