import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { addAgent } from '../src/inputs/agent-registry.ts'
import { openReader } from '../src/store/sqlite.ts'
import { freePort } from '../test/audit-load.ts'
import { createAuditWebhook, eventList } from '../test/audit-webhook.ts'
import { eventually, startDaemon, type Daemon } from '../test/daemon.ts'
import { startKubernetesServer } from '../test/kubernetes-server.ts'
import { auditRecords, putPod, removePod } from './fleet/cluster.ts'
import { PLANTED } from './fleet/engine.ts'
import { judge } from './fleet/judge.ts'
import { createLedger } from './fleet/ledger.ts'
import { costOf, createMeter, flatness } from './fleet/meter.ts'
import { startNodeAgent } from './fleet/node-agent.ts'
import { createNode, DOCKER, LOGS } from './fleet/node.ts'
import { markRules } from './fleet/rules.ts'
import { createWorld, type Container } from './fleet/world.ts'

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '20000' },
    machines: { type: 'string', default: '50' },
    containers: { type: 'string', default: '1000' },
    /** As fast as it is taken, to measure: the records of so much time, which began as long ago. */
    flat: { type: 'boolean', default: false },
    /** Folder into which the daemon writes a profile of its processor time. */
    profile: { type: 'string' },
  },
})
const LENGTH = Number(given.minutes) * 60_000
const RATE = Number(given.rate)
/** Of all records, those of the API server's audit log, which come by its webhook; the rest comes by agents. */
const AUDIT = 0.05
const LIST = 400
/** Each machine writes so often, at a time of its own; ms. */
const TURN = 1_000
/** A container takes another's place, and a privileged one is planted, so often; ms. */
const REPLACED = 1_000
const PLANTS = 15_000
/** One record in so many is marked, to see whose it is taken for. */
const MARKED = 1_000
/** Where it is not paced: entries that wait for the daemon, at most. */
const AHEAD = 100
/** At its end it may be so far behind, ms. */
const LAG = 5_000
/** What came before its container waits for it for ten seconds, and is then evaluated; ms. */
const SETTLED = 60_000

/**
 * A fleet for ten minutes: 1,000 containers on 50 machines, which come and go, and 20,000 records a second about them
 * from sensors, engines, a cluster and the network. 30 machines are Docker hosts, the others a cluster's nodes; each has
 * an agent, the API server sends its audit log by webhook and is asked for its pods. The daemon is a process of its
 * own. Nothing may be lost or told twice, 99.9 % of the records about containers have to be joined, none with another
 * container, memory has to stay where it is, what is planted has to be told.
 */
const PLANTED_IMAGE = `registry.example/${PLANTED}/tools:1`
const folder = mkdtempSync(join(tmpdir(), 'tallyman-soak-fleet-'))
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const server = await startKubernetesServer(folder)
let daemon: Daemon | undefined
try {
  const data = join(folder, 'data')
  const rules = join(folder, 'rules')
  for (const each of [data, rules]) mkdirSync(each)
  writeFileSync(join(rules, 'marks.yml'), markRules())
  const [agentsPort, auditPort] = [await freePort(), await freePort()]
  server.tokens.add('secret')
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(
    config,
    `rules: [${rules}]
inputs:
  - { type: agents, name: agents, port: ${agentsPort} }
  - { type: http, name: audit, port: ${auditPort}, sources: [kubernetes.audit] }
  - { type: kubernetes, name: cluster, kubeconfig: ${server.kubeconfig(folder, 'secret').file} }
`,
  )
  const began = given.flat ? Date.now() - LENGTH : Date.now()
  const world = createWorld({ machines: Number(given.machines), containers: Number(given.containers) }, began)
  for (const { kind, containers } of world.machines)
    if (kind === 'kubernetes') for (const container of containers) putPod(server, container)
  const tokens = world.machines.map(
    ({ name }) => addAgent(join(data, 'agents.json'), name, { host: name }, began).token,
  )
  daemon = profiled(given.profile, () => startDaemon(data, config))
  const running = daemon
  await eventually(() => (running.printed().includes('takes telemetry at') ? true : undefined), 60_000)

  const ledger = createLedger(MARKED)
  const agents = world.machines.map(({ name }, index) =>
    startNodeAgent({
      folder: join(folder, name),
      to: `http://127.0.0.1:${agentsPort}`,
      token: tokens[index] ?? '',
      inputs: [DOCKER, LOGS],
    }),
  )
  const rate = (RATE * (1 - AUDIT)) / world.machines.length
  const nodes = world.machines.map((machine, index) =>
    createNode(machine, { world, ledger, agent: agents[index] as (typeof agents)[number], rate }),
  )
  const webhook = createAuditWebhook({
    url: `http://127.0.0.1:${auditPort}`,
    token: readFileSync(join(data, 'audit.token'), 'utf8').trim(),
  })
  const audit = auditRecords()
  const sending = new Set<Promise<void>>()
  const refused: number[] = []
  let owed = 0
  const sendList = async (now: number): Promise<void> => {
    const { taken, statuses } = await webhook.send(eventList(audit(LIST, now)))
    if (!taken) refused.push(...statuses)
  }
  const sendAudit = (from: number, to: number): void => {
    owed += ((to - from) / 1_000) * RATE * AUDIT
    for (; owed >= LIST; owed -= LIST) {
      ledger.wrote('kubernetes.audit', LIST)
      const one = sendList(to)
      sending.add(one)
      void one.finally(() => sending.delete(one))
    }
  }
  const waiting = (): { readonly entries: number; readonly lag: number } => {
    const all = agents.map((agent) => agent.waiting())
    return {
      entries: all.reduce((sum, { entries }) => sum + entries, 0),
      lag: Math.max(0, ...all.map(({ since }) => (since === undefined ? 0 : Date.now() - since))),
    }
  }
  const planted: Container[] = []
  const tolds: { readonly at: number; readonly tell: () => void }[] = []
  const replace = (now: number): void => {
    const isPlant = (now - began) % PLANTS < REPLACED
    const node = world.random.of(isPlant ? nodes.filter(({ machine }) => machine.kind === 'docker') : nodes)
    const { ended, started } = world.replace(node.machine, now, isPlant ? PLANTED_IMAGE : undefined)
    if (isPlant) planted.push(started)
    node.replaced(ended, started, now)
    if (node.machine.kind !== 'kubernetes') return
    const at = now + 200 + world.random.below(1_300)
    tolds.push({ at, tell: () => (removePod(server, ended), putPod(server, started)) })
  }

  for (const node of nodes) node.begin(began)
  await eventually(() => (waiting().entries === 0 ? true : undefined), 60_000, 'what is there')
  const meter = createMeter(running.process.pid, ledger.records)
  meter.take()
  const start = performance.now()
  let [most, sampled] = [0, 0]
  const last = nodes.map(() => began)
  let [replaced, audited] = [began, began]
  for (let turn = 0; ; turn += 1) {
    const step = TURN / nodes.length
    const now = began + (turn + 1) * step
    if (now - began > LENGTH) break
    if (given.flat) while (waiting().entries > AHEAD) await sleep(20)
    else await sleep(Math.max(0, start + (now - began) - performance.now()))
    if (given.flat && turn % nodes.length === 0) await sleep(1)
    const index = turn % nodes.length
    nodes[index]?.write(last[index] ?? began, now)
    last[index] = now
    sendAudit(audited, now)
    audited = now
    for (; now - replaced >= REPLACED; replaced += REPLACED) replace(now)
    for (const { tell } of tolds.filter(({ at }) => at <= now)) tell()
    tolds.splice(0, tolds.length, ...tolds.filter(({ at }) => at > now))
    if (performance.now() - sampled < 1_000) continue
    sampled = performance.now()
    most = Math.max(most, waiting().lag)
    meter.take()
  }
  for (const [index, node] of nodes.entries()) {
    node.write(last[index] ?? began, began + LENGTH)
    node.end()
  }
  for (const { tell } of tolds) tell()
  const wrote = performance.now()
  const lag = waiting().lag
  await eventually(() => (waiting().entries + sending.size === 0 ? true : undefined), 600_000, 'the rest')
  const drained = performance.now() - wrote
  meter.take()
  const reader = openReader(join(data, 'tallyman.db'))
  await eventually(() => (reader.waiting().length === 0 ? true : undefined), SETTLED, 'what waits')
  reader.close()
  for (const agent of agents) await agent.stop()
  webhook.close()
  const code = await running.kill('SIGTERM')

  const seconds = (wrote - start) / 1_000
  const found = judge(join(data, 'tallyman.db'), ledger, planted)
  const { used, each } = costOf(meter.samples)
  const memory = flatness(meter.samples)
  const wrong = [
    ...found.wrong,
    ...(refused.length === 0 ? [] : [`lists of the audit log were refused: ${refused.join(', ')}`]),
    ...(memory.flat || given.flat ? [] : [`memory grew from ${memory.first} to ${memory.last} MB`]),
    ...(drained <= LAG || given.flat ? [] : [`the daemon was ${Math.round(drained)} ms behind at the end`]),
    ...(code === 0 ? [] : ['the daemon did not end well']),
  ]
  const per = (n: number, of: number): string => `${((100 * n) / of).toFixed(3)} %`
  say(`fleet      ${nodes.length} machines, ${given.containers} containers, ${Math.floor(seconds)} s`)
  say(`written    ${ledger.records()} records, ${Math.round(ledger.records() / seconds)} a second`)
  for (const { source, owned, joined } of found.joins)
    say(`  ${source.padEnd(18)} ${owned} about containers, ${per(joined, owned)} joined`)
  for (const [source, records] of ledger.sent)
    if (!ledger.owned.has(source)) say(`  ${source.padEnd(18)} ${records}`)
  say(`joined     ${(100 * found.rate).toFixed(4)} %`)
  say(
    `marked     ${found.marks.sent} records, ${found.marks.shown} in alerts, ${found.marks.wrong} about another container`,
  )
  say(`alerts     ${found.alerts}; ${planted.length} containers were planted`)
  say(
    `behind     ${Math.round(most)} ms at most, ${Math.round(lag)} ms at the end, the rest in ${Math.round(drained)} ms`,
  )
  say(
    `processor  ${used.toFixed(1)} s of the daemon in all; since it is warm ${each.toFixed(1)} µs a record: ${per(each * RATE, 1e6)} of one core at ${RATE} a second`,
  )
  say(
    `memory     ${memory.first} MB, then ${memory.last} MB; ${Math.max(...meter.samples.map(({ megabytes }) => megabytes))} MB at most`,
  )
  for (const line of wrong) say(`wrong      ${line}`)
  if (wrong.length > 0) process.exitCode = 1
} finally {
  await daemon?.kill('SIGKILL')
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** Node's own profile of the process that is started meanwhile. */
function profiled<T>(into: string | undefined, start: () => T): T {
  if (into === undefined) return start()
  process.env['NODE_OPTIONS'] = `--cpu-prof --cpu-prof-dir=${into}`
  const started = start()
  delete process.env['NODE_OPTIONS']
  return started
}
