import { expect, it } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

it('tells IPv4 addresses that are mapped into IPv6 as IPv4, to rules and to the inventory', () => {
  const ends = { 'id.orig_h': '::ffff:172.17.0.2', 'id.resp_h': '::FFFF:a9fe:a9fe' }
  const entry = { ts: 1_700_000_000.5, uid: 'C1', ...ends, proto: 'tcp', conn_state: 'SF' }
  const bytes = Buffer.from(`${JSON.stringify(entry)}\n`)
  const { items } = createStreamDecoder(sources, 's').push({ stream: 's', offset: 0, bytes, end: true })
  expect(items[0]?.decoded.events[0]).toMatchObject({
    record: { 'id.orig_h': '172.17.0.2', 'id.resp_h': '169.254.169.254' },
    flow: { client: '172.17.0.2', server: '169.254.169.254' },
  })
})
