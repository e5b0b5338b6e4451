import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { httpInput } from '../../src/inputs/http.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { falcoLine, falcoMark } from './falco-line.ts'
import type { StartFaulty } from './faulty-input.ts'

const MIB = 1024 * 1024

interface Encoding {
  readonly path: string
  /** A body of these records. */
  readonly body: (records: readonly (string | Buffer)[]) => Buffer
  /** Bodies that cannot be read at all. */
  readonly broken: readonly Buffer[]
}

/** A sender that keeps what it was not told the success of, and sends it again. */
function faultyHttp({ path, body, broken }: Encoding): StartFaulty {
  return async (folder) => {
    const token = join(folder, 'in.token')
    const proxy = await cuttingProxy(0)
    /** What was sent and taken. */
    const taken: Buffer[] = []
    const post = (bytes: Buffer): Promise<number> =>
      new Promise((resolve) => {
        const asked = request(
          {
            port: proxy.at,
            host: '127.0.0.1',
            path,
            method: 'POST',
            agent: false,
            headers: {
              'content-type': 'application/json',
              'content-length': bytes.length,
              authorization: `Bearer ${readFileSync(token, 'utf8').trim()}`,
            },
          },
          (response) => {
            response.resume()
            response.on('end', () => resolve(response.statusCode ?? 0))
            response.on('error', () => resolve(0))
          },
        )
        asked.on('error', () => resolve(0))
        asked.end(bytes)
      })
    const deliver = async (bytes: Buffer): Promise<void> => {
      while ((await post(bytes)) !== 200) await new Promise((resolve) => setTimeout(resolve, 20))
      taken.push(bytes)
    }
    return {
      input: () =>
        httpInput({
          name: 'in',
          host: '127.0.0.1',
          port: 0,
          tokens: [],
          ownToken: token,
          limits: { body: 2 * MIB, unpacked: 4 * MIB, waiting: 8 * MIB },
          say(line) {
            const port = /telemetry at \S+:(\d+);/.exec(line)?.[1]
            if (port !== undefined) proxy.leadTo(Number(port))
          },
        }),
      tell: (mark) => deliver(body([falcoLine(mark)])),
      async tellCut(mark) {
        const bytes = body([falcoLine('before'), falcoLine(mark), falcoLine('behind')])
        const upload = proxy.cutWithin(mark)
        await Promise.all([upload, post(bytes)])
        const answer = proxy.cutAnswer()
        await Promise.all([answer, post(bytes)])
        await deliver(bytes)
        return { failed: 0, comes: true }
      },
      async restart(memory) {
        proxy.cut()
        // it does not remember whether the last of it was taken, or any of it
        for (const bytes of memory === 'kept' ? taken.slice(-1) : [...taken]) await post(bytes)
      },
      async tellAmid(garbage, marks) {
        const records = marks.flatMap((mark, index) => [falcoLine(mark), garbage[index] ?? []].flat())
        await deliver(body(records))
        for (const bytes of broken) await post(bytes)
        return garbage.length + broken.length
      },
      markOf: falcoMark,
      longest: MIB,
      whileAway: 'comes',
      stop: () => proxy.stop(),
    }
  }
}

/** Lines in the body of a request. */
export const faultyBodies = faultyHttp({
  path: '/',
  body: (records) => Buffer.concat(records.flatMap((record) => [Buffer.from(record), Buffer.from('\n')])),
  // larger than it may be
  broken: [Buffer.alloc(2 * MIB + 1, 'x')],
})

/** OTLP/HTTP, in JSON: each log record's body is a line. */
export const faultyOtlp = faultyHttp({
  path: '/v1/logs',
  body: (records) =>
    Buffer.from(
      JSON.stringify({
        resourceLogs: [
          {
            resource: { attributes: [{ key: 'host.name', value: { stringValue: 'node-1' } }] },
            scopeLogs: [
              { logRecords: records.map((record) => ({ body: { stringValue: record.toString() } })) },
            ],
          },
        ],
      }),
    ),
  broken: [],
})
