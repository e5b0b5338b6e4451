import { readFileSync, writeFileSync } from 'node:fs'
import type { Event } from '../../src/domain/event.ts'
import { kubernetesInput } from '../../src/inputs/kubernetes.ts'
import { eventually } from '../daemon.ts'
import { aPod, PODS } from '../kubernetes-objects.ts'
import { startKubernetesServer } from '../kubernetes-server.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import type { StartFaulty } from './faulty-input.ts'

/** An API server, through TLS. */
export const faultyCluster: StartFaulty = async (folder) => {
  const server = await startKubernetesServer(folder)
  server.tokens.add('reader')
  const { file } = server.kubeconfig(folder, 'reader')
  const real = /127\.0\.0\.1:(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  const proxy = await cuttingProxy(Number(real))
  writeFileSync(file, readFileSync(file, 'utf8').replace(real, String(proxy.at)))
  const watched = () => eventually(() => (server.watching(PODS) > 0 ? true : undefined))
  const watches = (): number => server.asked.filter(({ path }) => path.includes('watch=1')).length
  let pods = 0
  const put = (mark: string): void => {
    pods += 1
    server.put(PODS, aPod(pods, { name: mark }))
  }
  return {
    input: () =>
      kubernetesInput({
        name: 'cluster',
        kubeconfig: file,
        resources: ['pods'],
        now: Date.now,
        pauses: { first: 20, longest: 100, refused: 50, looks: 60_000 },
      }),
    async tell(mark) {
      put(mark)
    },
    async tellCut(mark) {
      await watched()
      // what comes of it is half a line
      server.write(PODS, '{"type":"ADDED","object":{"kind":"Pod","metad')
      put(mark)
      server.cut(PODS)
      await watched()
      proxy.cut()
      return { failed: 0, comes: true }
    },
    async restart(memory) {
      await watched()
      await server.restart(memory)
      if (memory === 'lost') pods += 100
    },
    async tellAmid(garbage, marks) {
      for (const [index, mark] of marks.entries()) {
        const piece = garbage[index]
        await watched()
        put(mark)
        if (piece === undefined) continue
        const before = watches()
        server.write(PODS, Buffer.concat([piece, Buffer.from('\n')]))
        // a watch that told it is given up
        await eventually(() => (watches() > before ? true : undefined))
      }
      return garbage.length
    },
    markOf: ({ logsource, resource }: Event) =>
      logsource.category === 'container_create' ? String(resource['k8s.pod.name']) : undefined,
    longest: 16 * 1024 * 1024,
    whileAway: 'comes',
    async stop() {
      await proxy.stop()
      await server.stop()
    },
  }
}
