import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi, type RunnerTask } from 'vitest'
import { configJsonSchema, type InputConfig } from '../src/config/config.ts'
import type { KeySchema } from '../src/config/problems.ts'
import { eventually } from './daemon.ts'
import { faultyAgent } from './faults/agents.ts'
import { faultyStore } from './faults/certstore.ts'
import { faultyDocker, faultyPodman } from './faults/docker.ts'
import type { FaultyInput, StartFaulty } from './faults/faulty-input.ts'
import { faultyFile, faultyFolder } from './faults/file.ts'
import { garbage } from './faults/garbage.ts'
import { faultyBodies, faultyOtlp } from './faults/http.ts'
import { faultyCluster } from './faults/kubernetes.ts'
import { createLoop, type Loop } from './faults/loop.ts'
import { faultyScrape } from './faults/prometheus.ts'
import { faultyPipe } from './faults/stdin.ts'
import { faultyTcp, faultyTls, faultyUdp } from './faults/syslog.ts'

/** What goes wrong with each input, in each of its forms: a peer that is started anew for each case. */
const INPUTS: Readonly<Record<InputConfig['type'], Readonly<Record<string, StartFaulty>>>> = {
  file: { 'a file': faultyFile, 'a folder': faultyFolder },
  docker: { docker: faultyDocker, podman: faultyPodman },
  stdin: { 'a pipe': faultyPipe },
  http: { bodies: faultyBodies, 'OTLP/HTTP': faultyOtlp },
  syslog: { udp: faultyUdp, tcp: faultyTcp, tls: faultyTls },
  prometheus: { 'a scrape': faultyScrape },
  agents: { 'an agent': faultyAgent },
  kubernetes: { 'an API server': faultyCluster },
  certstore: { 'a folder': faultyStore },
}

const CASES = {
  'is cut in the middle of a record': beingCut,
  'has a peer that is restarted, with what it knew and without, and is restarted itself': restarts,
  'gets garbage between records': amidGarbage,
} as const

vi.setConfig({ testTimeout: 60_000 })

for (const [type, forms] of Object.entries(INPUTS)) {
  describe(type, () => {
    for (const [form, start] of Object.entries(forms)) {
      describe(form, () => {
        for (const [name, run] of Object.entries(CASES)) it(name, () => withFaulty(start, run))
      })
    }
  })
}

it('every input of the configuration is here, with each case', ({ task }) => {
  const registered = leavesOf(task.file.tasks)
  for (const { type, transports } of inputsOfSchema()) {
    const forms = transports ?? Object.keys(INPUTS[type] ?? {})
    expect(forms, type).not.toEqual([])
    for (const form of forms)
      for (const name of Object.keys(CASES)) expect(registered).toContain(`${type} > ${form} > ${name}`)
  }
})

/** Whatever is cut, what was taken is there once, what follows as well, and what was lost is counted. */
async function beingCut(faulty: FaultyInput, loop: Loop): Promise<void> {
  await faulty.tell('mark-a')
  await arrived(faulty, loop, ['mark-a'])
  const { failed, comes } = await faulty.tellCut('mark-b')
  if (comes) await faulty.tell('mark-c')
  await onlyOnce(faulty, loop, { marks: comes ? ['mark-a', 'mark-b', 'mark-c'] : ['mark-a'], failed })
}

async function restarts(faulty: FaultyInput, loop: Loop): Promise<void> {
  const again = async (): Promise<void> => {
    await loop.stop()
    loop.start()
  }
  await faulty.tell('mark-a')
  await arrived(faulty, loop, ['mark-a'])
  for (const [memory, mark] of [
    ['kept', 'mark-b'],
    ['lost', 'mark-c'],
  ] as const) {
    await faulty.restart(memory)
    if (faulty.endsWithPeer === true) await again()
    await faulty.tell(mark)
    await arrived(faulty, loop, [mark])
  }
  await loop.stop()
  if (faulty.endsWithPeer === true) await faulty.restart('kept')
  const told = faulty.whileAway === 'comes' ? faulty.tell('mark-d') : undefined
  loop.start()
  await (told ?? faulty.tell('mark-d'))
  await onlyOnce(faulty, loop, { marks: ['mark-a', 'mark-b', 'mark-c', 'mark-d'], failed: 0 })
  const isSaid = loop.gaps().some((message) => message.startsWith('nobody listened'))
  expect(isSaid).toBe(faulty.whileAway === 'lost')
}

async function amidGarbage(faulty: FaultyInput, loop: Loop): Promise<void> {
  const pieces = garbage(faulty.longest)
  const between = Array.from({ length: pieces.length + 1 }, (_, n) => `mark-${n}`)
  await faulty.tell('mark-first')
  await arrived(faulty, loop, ['mark-first'])
  const failed = await faulty.tellAmid(pieces, between)
  await faulty.tell('mark-last')
  await onlyOnce(faulty, loop, { marks: ['mark-first', ...between, 'mark-last'], failed })
}

function marksOf(faulty: FaultyInput, { events }: Loop): readonly string[] {
  return events.flatMap((event) => {
    const mark = faulty.markOf(event) ?? ''
    return mark.startsWith('mark') ? [mark] : []
  })
}

async function arrived(faulty: FaultyInput, loop: Loop, marks: readonly string[]): Promise<void> {
  await eventually(
    () => (marks.every((mark) => marksOf(faulty, loop).includes(mark)) ? true : undefined),
    20_000,
    marks.join(' '),
  )
}

/** Rules saw each mark once, so many records failed, and all of them are accounted for. */
async function onlyOnce(
  faulty: FaultyInput,
  loop: Loop,
  { marks, failed }: { readonly marks: readonly string[]; readonly failed: number },
): Promise<void> {
  await arrived(faulty, loop, marks)
  await eventually(() => (loop.totals().failed >= failed ? true : undefined), 20_000, 'the failures')
  await loop.stop()
  expect(marksOf(faulty, loop).toSorted()).toEqual(marks.toSorted())
  const totals = loop.totals()
  expect(totals.failures).toEqual(failed === 0 ? {} : expect.any(Object))
  expect(totals.failed).toBe(failed)
  expect(totals.evaluated + totals.failed + totals.duplicates).toBe(totals.records)
}

async function withFaulty(
  start: StartFaulty,
  run: (faulty: FaultyInput, loop: Loop) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tm-'))
  const faulty = await start(folder)
  const loop = await createLoop(folder, () => faulty.input())
  try {
    loop.start()
    await run(faulty, loop)
  } finally {
    await loop.stop()
    await faulty.stop()
    loop.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the configuration's schema knows as inputs, and of one that has several the transports. */
function inputsOfSchema(): readonly {
  readonly type: InputConfig['type']
  readonly transports?: readonly string[]
}[] {
  const inputs = configJsonSchema().properties?.['inputs']
  const { oneOf = [], anyOf = [] } = (inputs?.items ?? {}) as Readonly<Record<string, readonly KeySchema[]>>
  expect([...oneOf, ...anyOf]).not.toEqual([])
  return [...oneOf, ...anyOf].map(({ properties = {} }) => {
    const { const: type } = properties['type'] as { readonly const?: InputConfig['type'] }
    const { enum: transports } = (properties['transport'] ?? {}) as { readonly enum?: readonly string[] }
    if (type === undefined) throw new Error('an input without a type')
    return { type, ...(transports !== undefined && { transports }) }
  })
}

/** Tests that will run, each with the groups that it stands in. */
function leavesOf(tasks: readonly RunnerTask[], before: readonly string[] = []): readonly string[] {
  return tasks.flatMap((task) => {
    const path = [...before, task.name]
    if (task.type === 'suite') return leavesOf(task.tasks, path)
    return task.mode === 'skip' || task.mode === 'todo' ? [] : [path.join(' > ')]
  })
}
