import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, dottedMember, isOfLog, type ZeekLog } from './zeek-record.ts'

/** https://docs.zeek.org/en/current/logs/ssh.html */
const SSH: ZeekLog = {
  source: 'zeek.ssh',
  logsource: Object.freeze({ product: 'zeek', service: 'ssh' }),
  paths: ['ssh'],
  spelling: CONNECTION_SPELLING,
  looks: (json) =>
    dottedMember(json, 'id.orig_h') !== undefined &&
    ('kex_alg' in json || 'auth_attempts' in json || 'host_key_alg' in json) &&
    'uid' in json,
  identity: ({ uid }) => textOf(uid),
}

/** SSH sessions: who offered what, what was agreed, and whether the login seems to have succeeded. */
export const zeekSsh = defineSource({
  name: 'zeek.ssh',
  title: 'Zeek ssh.log',
  serves: [SSH.logsource],
  recognise: ({ json }) => isOfLog(SSH, json),
  decoder: () => ({ decode: (record) => decodeEntry(SSH, record), checkpoint: () => undefined }),
})
