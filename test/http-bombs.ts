import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { listening, post } from './http-input.ts'

/**
 * Sends an HTTP input so many Firehose deliveries at once, each a few kilobytes that unpack to 30 MB and hold a
 * record that is packed again. Prints the most resident memory of the process that took them, MiB.
 */
const requests = Number(process.argv[2])
const inner = gzipSync(Buffer.alloc(100, 0x20)).toString('base64')
const bomb = gzipSync(JSON.stringify({ records: [{ data: inner }], pad: ' '.repeat(30_000_000) }))
const input = await listening()
let peak = 0
const sampling = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 2)
const answers = await Promise.all(
  Array.from({ length: requests }, (_, n) =>
    post({ ...input, token: '' }, bomb, {
      headers: {
        'content-encoding': 'gzip',
        'x-amz-firehose-access-key': input.token,
        'x-amz-firehose-request-id': `delivery-${n}`,
      },
    }),
  ),
)
await sleep(10)
clearInterval(sampling)
await input.stop()
const taken = answers.filter(({ status }) => status === 200).length
process.stdout.write(JSON.stringify({ taken, mebibytes: Math.round(peak / 2 ** 20) }))
