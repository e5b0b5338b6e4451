import type { Mapping } from '../domain/event.ts'
import { servedBy } from './events.ts'
import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, dottedMember, isOfLog, type ZeekLog } from './zeek-record.ts'

/**
 * Sigma's names for a connection: those of Sysmon, of firewalls, and of its category `network`.
 * https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md
 */
const MAPPING: Mapping = Object.freeze({
  SourceIp: [['id.orig_h']],
  SourcePort: [['id.orig_p']],
  DestinationIp: [['id.resp_h']],
  DestinationPort: [['id.resp_p']],
  Protocol: [['proto']],
  src_ip: [['id.orig_h']],
  src_port: [['id.orig_p']],
  dst_ip: [['id.resp_h']],
  dst_port: [['id.resp_p']],
  'source.ip': [['id.orig_h']],
  'source.port': [['id.orig_p']],
  'source.bytes': [['orig_bytes']],
  'source.packets': [['orig_pkts']],
  'destination.ip': [['id.resp_h']],
  'destination.port': [['id.resp_p']],
  'destination.bytes': [['resp_bytes']],
  'destination.packets': [['resp_pkts']],
  'network.transport': [['proto']],
  'network.protocol': [['service']],
  'network.state': [['conn_state']],
  'network.history': [['history']],
  'network.community_id': [['community_id']],
  'event.duration': [['duration']],
})

/** https://docs.zeek.org/en/current/logs/conn.html */
const CONN: ZeekLog = {
  source: 'zeek.conn',
  logsource: Object.freeze({
    product: 'zeek',
    service: 'conn',
    // on which system the ends run, the network does not say
    also: [
      { category: 'network_connection' },
      { category: 'firewall' },
      { category: 'network', service: 'connection' },
      { service: 'netflow' },
    ],
  }),
  mapping: MAPPING,
  // whoever opened it is the source
  implied: { Initiated: 'true' },
  paths: ['conn', 'open_conn', 'conn_long'],
  spelling: CONNECTION_SPELLING,
  looks: (json) =>
    dottedMember(json, 'id.orig_h') !== undefined &&
    typeof json['conn_state'] === 'string' &&
    'proto' in json,
  identity: ({ uid }) => textOf(uid),
}

/** Connections as Zeek saw them end (or, of its logs of open ones, go on). */
export const zeekConn = defineSource({
  name: 'zeek.conn',
  title: 'Zeek conn.log',
  serves: servedBy([CONN.logsource]),
  recognise: ({ json }) => isOfLog(CONN, json),
  decoder: () => ({ decode: (record) => decodeEntry(CONN, record), checkpoint: () => undefined }),
})
