import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, isOfLog, type ZeekLog } from './zeek-record.ts'

/**
 * https://docs.zeek.org/en/current/logs/files.html; versions before 5.1 name the hosts `tx_hosts` and `rx_hosts`
 * instead of the connection.
 */
const FILES: ZeekLog = {
  source: 'zeek.files',
  logsource: Object.freeze({ product: 'zeek', service: 'files' }),
  paths: ['files'],
  spelling: CONNECTION_SPELLING,
  looks: (json) => typeof json['fuid'] === 'string' && 'seen_bytes' in json && 'ts' in json,
  identity: ({ fuid }) => textOf(fuid),
}

/** Files that were carried by connections, certificates among them. */
export const zeekFiles = defineSource({
  name: 'zeek.files',
  title: 'Zeek files.log',
  serves: [FILES.logsource],
  recognise: ({ json }) => isOfLog(FILES, json),
  decoder: () => ({ decode: (record) => decodeEntry(FILES, record), checkpoint: () => undefined }),
})
