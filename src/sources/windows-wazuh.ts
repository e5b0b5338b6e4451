import { isObject, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { timeOf } from './time.ts'
import { dataOf } from './windows-evtx.ts'
import { systemOf } from './windows-record.ts'
import type { WindowsRecord } from './windows-record.ts'

/**
 * A record as Wazuh decodes Windows' event channels: `win.system` and `win.eventdata`, below `data` in its alerts
 * and archives. It makes the first letter of each name small and, in most versions, leaves values escaped as they were in its JSON.
 * https://documentation.wazuh.com/current/user-manual/capabilities/log-data-collection/
 */
export function readWazuh(json: JsonObject): WindowsRecord | undefined {
  const win = objectOf(json['win'] ?? objectOf(json['data'])['win'])
  if (!isObject(win['system'])) return undefined
  const { system: told } = win as { readonly system: JsonObject }
  const system = systemOf([
    ['Provider_Name', told['providerName']],
    ['Provider_Guid', told['providerGuid']],
    ['EventID', told['eventID']],
    ['Version', told['version']],
    ['Level', told['level']],
    ['Task', told['task']],
    ['Opcode', told['opcode']],
    ['Keywords', told['keywords']],
    ['TimeCreated_SystemTime', told['systemTime']],
    ['EventRecordID', told['eventRecordID']],
    ['Execution_ProcessID', told['processID']],
    ['Execution_ThreadID', told['threadID']],
    ['Channel', told['channel']],
    ['Computer', told['computer']],
  ])
  if (system === undefined) return undefined
  const data = unescaped({
    ...dataOf(win['userdata'] ?? win['userData']),
    ...dataOf(win['eventdata'] ?? win['eventData']),
  })
  return {
    system,
    data: Object.fromEntries(Object.entries(data).map(([name, value]) => [capital(name), value])),
    message: textOf(told['message']),
    time: timeOf(told['systemTime']),
  }
}

/** Names that Windows itself begins with a small letter. */
const SMALL = /^(?:param\d+|processPath|subjectName|payload|process)$/

function capital(name: string): string {
  return SMALL.test(name) ? name : name.charAt(0).toUpperCase() + name.slice(1)
}

/** In a path that nobody escaped, no letter and no drive stands before two backslashes. */
const DOUBLED = /[\w:]\\\\/

/** Values are escaped in a record if all of them read as if they were, and one says so. */
function unescaped(data: JsonObject): JsonObject {
  const texts = Object.values(data).filter((value) => typeof value === 'string' && value.includes('\\'))
  const isEscaped =
    texts.every((text) => readsEscaped(text as string)) && texts.some((text) => DOUBLED.test(text as string))
  if (!isEscaped) return data
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replaceAll(/\\([\\"])/g, '$1') : value,
    ]),
  )
}

/** Whether each backslash begins an escape. */
function readsEscaped(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at + 2))
    if (!'\\"rnt'.includes(text.charAt(at + 1) || ' ')) return false
  return true
}
