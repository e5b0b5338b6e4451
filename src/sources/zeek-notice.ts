import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, isOfLog, type ZeekLog } from './zeek-record.ts'

/** https://docs.zeek.org/en/current/logs/notice.html */
const NOTICE: ZeekLog = {
  source: 'zeek.notice',
  logsource: Object.freeze({ product: 'zeek', service: 'notice' }),
  paths: ['notice', 'notice_alarm'],
  spelling: CONNECTION_SPELLING,
  looks: (json) =>
    typeof json['note'] === 'string' && json['note'].includes('::') && 'ts' in json && 'actions' in json,
  identity: ({ uid, note }) => textOf(uid) ?? textOf(note),
}

/** What Zeek's own scripts found worth telling. */
export const zeekNotice = defineSource({
  name: 'zeek.notice',
  title: 'Zeek notice.log',
  serves: [NOTICE.logsource],
  recognise: ({ json }) => isOfLog(NOTICE, json),
  decoder: () => ({ decode: (record) => decodeEntry(NOTICE, record), checkpoint: () => undefined }),
})
