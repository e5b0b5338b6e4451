import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Event } from '../../src/domain/event.ts'
import { prometheusInput } from '../../src/inputs/prometheus.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import type { StartFaulty } from './faulty-input.ts'

const NOTHING_NEW = '# TYPE up gauge\nup 1\n'
const sample = (mark: string): string => `jobs_done{container="${mark}",image="shop:1",pod="shop-1"} 1\n`

/** An exporter that shows each thing in one answer. */
export const faultyScrape: StartFaulty = async () => {
  let waiting: { readonly body: Buffer; readonly shown: () => void } | undefined
  let server: Server
  const start = async (): Promise<Server> => {
    const made = createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4')
      const { body = NOTHING_NEW, shown } = waiting ?? {}
      waiting = undefined
      response.end(body)
      response.once('finish', () => shown?.())
    })
    made.listen(0, '127.0.0.1')
    await once(made, 'listening')
    return made
  }
  server = await start()
  const proxy = await cuttingProxy((server.address() as AddressInfo).port)
  const show = (body: Buffer): Promise<void> =>
    new Promise((resolve) => {
      waiting = { body, shown: resolve }
    })
  return {
    input: () =>
      prometheusInput({
        name: 'metrics',
        urls: [`http://127.0.0.1:${proxy.at}/metrics`],
        interval: 50,
        timeout: 5_000,
        tokenFile: undefined,
        caFile: undefined,
        limit: 4 * 1024 * 1024,
      }),
    tell: (mark) => show(Buffer.from(sample(mark))),
    async tellCut(mark) {
      const cut = proxy.cutWithin(mark)
      await show(Buffer.from(sample(mark)))
      await cut
      // a counter is still there at the next look
      await show(Buffer.from(sample(mark)))
      return { failed: 0, comes: true }
    },
    async restart() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      server = await start()
      proxy.leadTo((server.address() as AddressInfo).port)
    },
    async tellAmid(garbage, marks) {
      const lines = marks.flatMap((mark, index) => {
        const piece = garbage[index]
        return [Buffer.from(sample(mark)), ...(piece === undefined ? [] : [piece, Buffer.from('\n')])]
      })
      await show(Buffer.concat(lines))
      return garbage.length
    },
    markOf({ record }: Event) {
      const { 'metric.labels': labels = [] } = record as { readonly 'metric.labels'?: readonly string[] }
      return labels.find((label) => label.startsWith('container='))?.slice('container='.length)
    },
    longest: 1024 * 1024,
    whileAway: 'comes',
    async stop() {
      await proxy.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
