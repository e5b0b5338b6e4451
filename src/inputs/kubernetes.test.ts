import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDelivered, deliver, type Delivered } from '../../test/delivered.ts'
import { aPod, aPolicy, aSecret, PODS, POLICIES, SECRETS, uidOf } from '../../test/kubernetes-objects.ts'
import { startKubernetesServer, type KubernetesServer } from '../../test/kubernetes-server.ts'
import type { Input } from './input.ts'
import { kubernetesInput, type KubernetesInputOptions } from './kubernetes.ts'
import { CLUSTER_RESOURCES } from './kubernetes-resources.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder: string
let server: KubernetesServer
let access: { readonly file: string; readonly tokenFile: string }
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-cluster-'))
  server = await startKubernetesServer(folder)
  server.tokens.add('first')
  access = server.kubeconfig(folder, 'first')
})
afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

function input(parts: Partial<KubernetesInputOptions> = {}): Input {
  return kubernetesInput({
    name: 'cluster',
    kubeconfig: access.file,
    resources: ['pods', 'networkpolicies', 'secrets'],
    now: Date.now,
    pauses: { first: 20, longest: 200, refused: 50, looks: 60_000 },
    ...parts,
  })
}

interface Line {
  readonly type?: string
  readonly object?: { readonly kind: string; readonly metadata: { readonly name: string } }
  readonly 'x-tallyman': {
    readonly inventory?: boolean
    readonly listed?: string
    readonly looked?: number
    readonly list: number
  }
}

function linesOf({ streams }: Delivered): readonly Line[] {
  return [...streams.values()].flatMap((bytes) =>
    bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line),
  )
}

/** `ADDED pod-1`, in no order: parts have none among each other. */
function told(delivered: Delivered): readonly string[] {
  return linesOf(delivered)
    .map(({ type, object, 'x-tallyman': added }) =>
      type === undefined ? `listed ${added.listed}` : `${type} ${object?.metadata.name}`,
    )
    .toSorted()
}

const all = (delivered: Delivered, ...wanted: string[]): boolean => {
  const there = told(delivered)
  return wanted.every((each) => there.includes(each))
}
const watched = (): boolean => [PODS, POLICIES, SECRETS].every((path) => server.watching(path) === 1)

it('lists what is there, watches, and goes on after a restart at the version that was handed on', async () => {
  server.put(PODS, aPod(1))
  server.put(POLICIES, aPolicy(1))
  const delivered = createDelivered()
  const one = input({ cluster: 'prod' })
  await deliver(one, delivered, () => {
    if (watched() && delivered.batches.length === 3) server.put(PODS, aPod(2))
    return all(delivered, 'ADDED pod-2')
  })
  expect(told(delivered)).toEqual(['ADDED pod-1', 'ADDED pod-2', 'ADDED policy-1'])
  expect(linesOf(delivered).map(({ 'x-tallyman': added }) => added)).toEqual(
    expect.arrayContaining([
      { list: 1, at: expect.any(Number) as number, inventory: true, cluster: 'prod' },
      { list: 1, at: expect.any(Number) as number, cluster: 'prod' },
    ]),
  )
  expect(one.settled?.()).toBe(true)

  server.put(PODS, aPod(3))
  server.remove(POLICIES, uidOf(2_000_001))
  server.asked.length = 0
  await deliver(input(), delivered, () => all(delivered, 'ADDED pod-3', 'DELETED policy-1'))
  // nothing was listed again, but for the newest version, and nothing came twice
  expect(server.asked.every(({ path }) => path.includes('watch=1') || path.endsWith('?limit=1'))).toBe(true)
  expect(told(delivered)).toHaveLength(5)
  expect(delivered.findings).toEqual([])
  expect(delivered.unreadable).toEqual([])
})

it('takes a bookmark as the place to go on', async () => {
  server.put(PODS, aPod(1))
  const delivered = createDelivered()
  const positionOf = (): string | undefined =>
    (delivered.resume.checkpoint as { resources: Record<string, { version?: string }> } | undefined)
      ?.resources['pods']?.version
  let before: string | undefined
  await deliver(input({ resources: ['pods'] }), delivered, () => {
    if (before === undefined && server.watching(PODS) === 1) {
      before = positionOf()
      server.bookmark(PODS)
    }
    return before !== undefined && positionOf() !== before
  })
  expect(Number(positionOf())).toBe(Number(before) + 1)
  expect(told(delivered)).toEqual(['ADDED pod-1'])
})

it('lists anew where its version is no longer known, and tells what may have been missed', async () => {
  server.put(PODS, aPod(1))
  server.put(PODS, aPod(2))
  const delivered = createDelivered()
  await deliver(input({ resources: ['pods'] }), delivered, () => server.watching(PODS) === 1)
  server.remove(PODS, uidOf(1))
  server.put(PODS, aPod(3))
  server.compact()
  const again = input({ resources: ['pods'] })
  await deliver(again, delivered, () => server.watching(PODS) === 1 && again.reach?.().kind === 'caught-up')
  expect(delivered.findings).toMatchObject([
    { kind: 'unobserved-interval', about: 'cluster', message: expect.stringContaining('410') as string },
  ])
  const newer = linesOf(delivered).filter(({ 'x-tallyman': { list } }) => list === 2)
  expect(newer.map(({ 'x-tallyman': { inventory } }) => inventory)).not.toContain(true)
  // each part that holds anything hears that the list is complete: what it knew and was not in it is gone
  expect(told(delivered)).toEqual(
    expect.arrayContaining(['ADDED pod-1', 'ADDED pod-2', 'ADDED pod-2', 'ADDED pod-3', 'listed Pod']),
  )
  expect(again.reach?.().kind).toBe('caught-up')
})

it('reads on after a connection that broke off within a line, and after garbage, and loses nothing', async () => {
  const delivered = createDelivered()
  let step = 0
  await deliver(input({ resources: ['pods'] }), delivered, () => {
    const ready = server.watching(PODS) === 1
    if (step === 0 && ready) {
      step = 1
      server.write(PODS, '{"type":"ADDED","object":{"kind":"Pod","metad')
      server.put(PODS, aPod(1))
      server.cut(PODS)
    } else if (step === 1 && ready && all(delivered, 'ADDED pod-1')) {
      step = 2
      server.write(PODS, '{"neither":"this"}\n\u0000\u001b[31m\n')
      server.put(PODS, aPod(2))
    }
    return step === 2 && all(delivered, 'ADDED pod-2')
  })
  expect(told(delivered)).toEqual(['ADDED pod-1', 'ADDED pod-2'])
  expect(new Set(delivered.unreadable.map(({ reason }) => reason))).toEqual(
    new Set(['kubernetes: what is told is not an object of the kind']),
  )
})

it('tells that one resource is refused, reads the others, and reads it once it may', async () => {
  server.put(PODS, aPod(1))
  server.put(POLICIES, aPolicy(1))
  server.forbidden.add(POLICIES)
  const delivered = createDelivered()
  const one = input({ resources: ['pods', 'networkpolicies'] })
  await deliver(one, delivered, () => delivered.findings.length > 1 && server.watching(PODS) === 1)
  expect(new Set(delivered.findings.map(({ id }) => id)).size).toBe(1)
  expect(delivered.findings[0]?.message).toMatch(/^networkpolicies are not seen: .*403.*rbac\.yaml/)
  expect(told(delivered)).toEqual(['ADDED pod-1'])
  expect(one.reach?.().kind).toBe('caught-up')
  expect(one.settled?.()).toBe(true)
  server.forbidden.clear()
  await deliver(input({ resources: ['pods', 'networkpolicies'] }), delivered, () =>
    all(delivered, 'ADDED policy-1'),
  )
})

it('takes a token that was renewed', async () => {
  const delivered = createDelivered()
  let rotated = false
  await deliver(input({ resources: ['pods'] }), delivered, () => {
    if (!rotated && server.watching(PODS) === 1) {
      rotated = true
      server.tokens.clear()
      server.tokens.add('second')
      writeFileSync(access.tokenFile, 'second')
      server.put(PODS, aPod(1))
      server.cut(PODS)
      server.put(PODS, aPod(2))
    }
    return all(delivered, 'ADDED pod-2')
  })
  expect(told(delivered)).toEqual(['ADDED pod-1', 'ADDED pod-2'])
  expect(server.asked.at(-1)?.token).toBe('second')
})

it('says since when an API server is away, and goes on when it is back', async () => {
  const delivered = createDelivered()
  server.tokens.clear()
  let now = 1_000_000
  const one = input({ resources: ['pods'], now: () => (now += 10_000) })
  await deliver(one, delivered, () => delivered.findings.length > 2)
  expect(new Set(delivered.findings.map(({ id }) => id)).size).toBe(1)
  expect(delivered.findings[0]).toMatchObject({ message: expect.stringContaining('401') as string })
  expect(delivered.findings[1]?.until).toBeGreaterThan(delivered.findings[0]?.until ?? Infinity)
  expect(one.reach?.().kind).toBe('cut')
})

it('never asks for what Secrets hold, and takes nothing where it is answered all the same', async () => {
  server.put(SECRETS, aSecret(1))
  const delivered = createDelivered()
  let changed = false
  await deliver(input({ resources: ['secrets', 'configmaps'] }), delivered, () => {
    if (!changed && server.watching(SECRETS) === 1) {
      changed = true
      server.put(SECRETS, aSecret(2))
    }
    return all(delivered, 'ADDED secret-2')
  })
  expect(server.asked.every(({ accept }) => accept.includes('as=PartialObjectMetadata'))).toBe(true)
  expect(JSON.stringify(linesOf(delivered))).not.toContain('bm90')

  // one that does not know the form
  server.answer = ({ path }) =>
    path.startsWith(SECRETS)
      ? {
          status: 200,
          json: {
            kind: 'SecretList',
            apiVersion: 'v1',
            metadata: { resourceVersion: '1' },
            items: [aSecret(3)],
          },
        }
      : undefined
  const refused = createDelivered()
  await deliver(input({ resources: ['secrets'] }), refused, () => refused.findings.length > 0)
  expect(refused.findings[0]?.message).toContain('nothing of it is taken')
  expect(refused.streams.size).toBe(0)
})

it('reads a hundred thousand pods page by page, in bounded memory', async () => {
  const total = 100_000
  const { creationTimestamp: _created, ...metadata } = aPod(0)['metadata'] as Record<string, unknown>
  const text = JSON.stringify({ spec: aPod(0)['spec'], status: aPod(0)['status'] }).slice(1)
  server.answer = ({ path }) => {
    const url = new URL(path, 'https://server')
    if (url.searchParams.get('watch') === '1') return undefined
    const from = Number(url.searchParams.get('continue') ?? 0)
    const limit = Number(url.searchParams.get('limit'))
    const items = Array.from({ length: Math.min(limit, total - from) }, (_, at) => ({
      metadata: { ...metadata, name: `pod-${from + at}`, uid: uidOf(from + at) },
      ...(JSON.parse(`{${text}`) as object),
    }))
    const next = from + limit < total ? { continue: String(from + limit) } : {}
    return {
      status: 200,
      json: { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '7', ...next }, items },
    }
  }
  let [lines, most, largest] = [0, 0, 0]
  const stop = new AbortController()
  const resume = { checkpoint: undefined, offset: () => undefined }
  for await (const { chunks } of input({ resources: ['pods'] }).read(resume, stop.signal)) {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0)
    largest = Math.max(largest, bytes)
    for (const chunk of chunks) for (const byte of chunk.bytes) if (byte === 10) lines += 1
    most = Math.max(most, process.memoryUsage().heapUsed)
    if (lines >= total) stop.abort()
  }
  expect(lines).toBe(total)
  expect(server.asked.filter(({ path }) => !path.includes('watch=1'))).toHaveLength(200)
  expect(largest).toBeLessThan(16 * 1024 * 1024)
  expect(most).toBeLessThan(700 * 1024 * 1024)
})

it('says what is wrong with a kubeconfig', async () => {
  const run = (parts: Partial<KubernetesInputOptions>) => deliver(input(parts), createDelivered())
  await expect(run({ kubeconfig: join(folder, 'none') })).rejects.toMatchObject({ name: 'UserError' })
  await expect(run({ context: 'other' })).rejects.toMatchObject({
    message: expect.stringContaining('no context other') as string,
    mend: 'take one of: test',
  })
  writeFileSync(access.file, 'clusters: [')
  await expect(run({})).rejects.toMatchObject({ name: 'UserError' })
  await expect(run({ kubeconfig: undefined })).rejects.toMatchObject({
    message: expect.stringContaining('service account') as string,
  })
})

it('says now and then that all there is was told, while it watches pods and at no other time', async () => {
  server.put(PODS, aPod(1))
  const delivered = createDelivered()
  const looks = (): readonly Line[] =>
    linesOf(delivered).filter(({ 'x-tallyman': { looked } }) => looked === 30)
  const pauses = { first: 20, longest: 200, refused: 50, looks: 30 }
  await deliver(input({ resources: ['pods'], pauses }), delivered, () => looks().length > 2)
  const before = looks().length
  server.forbidden.add(PODS)
  await deliver(input({ resources: ['pods'], pauses }), delivered, () => delivered.findings.length > 5)
  expect(looks()).toHaveLength(before)
})

it('watches every kind that it knows', async () => {
  await deliver(input({ resources: undefined }), createDelivered(), () =>
    CLUSTER_RESOURCES.every(({ name }) => server.asked.some(({ path }) => path.includes(`/${name}?watch=1`))),
  )
  const { verbs } = { verbs: new Set(server.asked.map(({ method }) => method)) }
  expect([...verbs]).toEqual(['GET'])
})
