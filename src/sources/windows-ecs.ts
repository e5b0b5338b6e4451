import { isObject, listOf, memberOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { isScalar } from './windows-record.ts'

type Paths = Readonly<Record<string, string>>

/** Field of Windows' logs → the field of ECS that winlogbeat's modules move it to, whatever the event. */
const PROCESS: Paths = {
  Image: 'process.executable',
  CommandLine: 'process.command_line',
  CurrentDirectory: 'process.working_directory',
  ProcessId: 'process.pid',
  ProcessGuid: 'process.entity_id',
  ParentImage: 'process.parent.executable',
  ParentCommandLine: 'process.parent.command_line',
  ParentProcessId: 'process.parent.pid',
  ParentProcessGuid: 'process.parent.entity_id',
  OriginalFileName: 'process.pe.original_file_name',
  Description: 'process.pe.description',
  Product: 'process.pe.product',
  Company: 'process.pe.company',
  FileVersion: 'process.pe.file_version',
  RuleName: 'rule.name',
}
const FILE: Paths = { ...PROCESS, TargetFilename: 'file.path' }
const REGISTRY: Paths = { ...PROCESS, TargetObject: 'registry.path', Details: 'registry.data.strings' }
const PIPE: Paths = { ...PROCESS, PipeName: 'file.name' }
const ACCESS: Paths = {
  SourceImage: 'process.executable',
  SourceProcessId: 'process.pid',
  SourceProcessGUID: 'process.entity_id',
  SourceThreadId: 'process.thread.id',
}
const IMAGE: Paths = {
  ...PROCESS,
  ImageLoaded: 'file.path',
  OriginalFileName: 'file.pe.original_file_name',
  Description: 'file.pe.description',
  Product: 'file.pe.product',
  Company: 'file.pe.company',
  FileVersion: 'file.pe.file_version',
  Signed: 'file.code_signature.signed',
  Signature: 'file.code_signature.subject_name',
  SignatureStatus: 'file.code_signature.status',
}
const CONNECTION: Paths = {
  ...PROCESS,
  Protocol: 'network.transport',
  SourceIp: 'source.ip',
  SourcePort: 'source.port',
  SourceHostname: 'source.domain',
  DestinationIp: 'destination.ip',
  DestinationPort: 'destination.port',
  DestinationHostname: 'destination.domain',
}
const CREATION: Paths = {
  NewProcessName: 'process.executable',
  NewProcessId: 'process.pid',
  CommandLine: 'process.command_line',
  ParentProcessName: 'process.parent.executable',
  SubjectUserName: 'user.name',
  SubjectDomainName: 'user.domain',
}

/** By event ID: those of Sysmon, and those of Windows that the modules treat. */
const FIELDS: Readonly<Record<number, Paths>> = {
  2: FILE,
  3: CONNECTION,
  6: IMAGE,
  7: IMAGE,
  8: ACCESS,
  10: ACCESS,
  11: FILE,
  12: REGISTRY,
  13: REGISTRY,
  14: REGISTRY,
  15: FILE,
  17: PIPE,
  18: PIPE,
  22: { ...PROCESS, QueryName: 'dns.question.name' },
  23: FILE,
  26: FILE,
  27: FILE,
  28: FILE,
  29: FILE,
  4103: { ContextInfo: 'powershell.command.invocation_details' },
  4104: { ScriptBlockText: 'powershell.file.script_block_text', Path: 'file.path' },
  4688: CREATION,
}

/** What the fields of ECS in a record are called in the event's own data. */
export function fieldsOfEcs(json: JsonObject, id: number): JsonObject {
  if (!isObject(json['process']) && !isObject(json['file']) && !isObject(json['dns'])) return {}
  const fields = Object.entries(FIELDS[id] ?? PROCESS).flatMap(([name, path]) => {
    const value = at(json, path)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(fields), ...userOf(json), ...hashesOf(json, id), ...directionOf(json) }
}

function at(json: JsonObject, path: string): unknown {
  let value: unknown = json
  for (const step of path.split('.')) value = isObject(value) ? memberOf(value, step) : undefined
  const [first] = listOf(value)
  if (isScalar(first)) return first
  return isScalar(value) ? value : undefined
}

function userOf(json: JsonObject): JsonObject {
  const name = textOf(at(json, 'user.name'))
  const domain = textOf(at(json, 'user.domain'))
  return name === undefined ? {} : { User: domain === undefined ? name : `${domain}\\${name}` }
}

const HASHES = ['md5', 'sha1', 'sha256', 'imphash'] as const

/** As Sysmon writes them: `SHA256=…,IMPHASH=…`. */
function hashesOf(json: JsonObject, id: number): JsonObject {
  const of = id === 1 ? 'process' : 'file'
  const hashes = HASHES.flatMap((name) => {
    const hash = textOf(at(json, `${of}.${name === 'imphash' ? 'pe' : 'hash'}.${name}`))
    return hash === undefined ? [] : [`${name.toUpperCase()}=${hash.toUpperCase()}`]
  })
  return hashes.length === 0 ? {} : { Hashes: hashes.join(',') }
}

function directionOf(json: JsonObject): JsonObject {
  const direction = at(json, 'network.direction')
  if (direction === 'egress' || direction === 'outbound') return { Initiated: 'true' }
  return direction === 'ingress' || direction === 'inbound' ? { Initiated: 'false' } : {}
}
