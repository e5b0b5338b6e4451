import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, dottedMember, isOfLog, type ZeekLog } from './zeek-record.ts'

/** https://docs.zeek.org/en/current/logs/conn.html */
const CONN: ZeekLog = {
  source: 'zeek.conn',
  logsource: Object.freeze({ product: 'zeek', service: 'conn' }),
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
  serves: [CONN.logsource],
  recognise: ({ json }) => isOfLog(CONN, json),
  decoder: () => ({ decode: (record) => decodeEntry(CONN, record), checkpoint: () => undefined }),
})
