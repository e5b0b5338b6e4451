import { servedBy } from './events.ts'
import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, dottedMember, isOfLog, type ZeekLog } from './zeek-record.ts'

/** https://docs.zeek.org/en/current/logs/dns.html */
const DNS: ZeekLog = {
  source: 'zeek.dns',
  logsource: Object.freeze({ product: 'zeek', service: 'dns', also: [{ category: 'dns' }] }),
  paths: ['dns'],
  spelling: CONNECTION_SPELLING,
  looks: (json) =>
    dottedMember(json, 'id.orig_h') !== undefined &&
    'trans_id' in json &&
    ('qtype' in json || 'query' in json),
  identity: ({ uid }) => textOf(uid),
  mapping: Object.freeze({
    answer: [['answers']],
    record_type: [['qtype_name']],
    response_code: [['rcode_name']],
  }),
}

/** Questions to name servers, and what they answered. */
export const zeekDns = defineSource({
  name: 'zeek.dns',
  title: 'Zeek dns.log',
  serves: servedBy([DNS.logsource]),
  recognise: ({ json }) => isOfLog(DNS, json),
  decoder: () => ({ decode: (record) => decodeEntry(DNS, record), checkpoint: () => undefined }),
})
