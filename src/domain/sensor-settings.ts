import type { SourceName } from './event.ts'

/**
 * What ships with Tallyman that makes a sensor tell a category, as a file or a page of the project; `undefined` for
 * what a sensor tells only by settings of the user's own. A source that is not here needs no setting of a sensor.
 */
type Settings = string | undefined | Readonly<Record<string, string>>

const AUDIT = 'sensors/auditd/tallyman.rules'
const ZEEK = 'sensors/zeek/README.md'
const INTEGRITY = 'sensors/integrity/README.md'
const TETRAGON_FILES = 'sensors/tetragon/files.yaml'
const TETRAGON_NETWORK = 'sensors/tetragon/network.yaml'
const FALCO = 'sensors/falco/tallyman_rules.yaml'
const KUBEARMOR = 'sensors/kubearmor/README.md'

const SETTINGS: Readonly<Partial<Record<SourceName, Settings>>> = {
  sensor: 'sensors/bpftrace/sensor.bt',
  tetragon: {
    process_creation: 'sensors/tetragon/README.md',
    file_event: TETRAGON_FILES,
    file_read: TETRAGON_FILES,
    file_rename: TETRAGON_FILES,
    network_connection: TETRAGON_NETWORK,
    network_listen: TETRAGON_NETWORK,
    kernel_call: 'sensors/tetragon/kernel-calls.yaml',
  },
  falco: FALCO,
  tracee: 'sensors/tracee/policy.yaml',
  auditd: AUDIT,
  laurel: AUDIT,
  'zeek.conn': ZEEK,
  'zeek.ssl': ZEEK,
  'zeek.x509': ZEEK,
  'zeek.dns': ZEEK,
  'zeek.http': ZEEK,
  'zeek.ssh': ZEEK,
  'zeek.files': ZEEK,
  'zeek.notice': ZEEK,
  'suricata.eve': 'sensors/suricata/README.md',
  hubble: 'sensors/hubble/README.md',
  tshark: 'sensors/tshark/README.md',
  'fim.aide': INTEGRITY,
  'fim.osquery': INTEGRITY,
  'fim.wazuh': INTEGRITY,
  'fim.auditbeat': INTEGRITY,
  kubearmor: {
    process_creation: KUBEARMOR,
    file_event: KUBEARMOR,
    file_read: KUBEARMOR,
    network_connection: KUBEARMOR,
  },
  // their own configurations decide, and none ships
  'sysmon.linux': undefined,
  'windows.sysmon': undefined,
  custom: undefined,
}

/** What has to be set for a source to tell a category. */
export type Setting =
  | { readonly kind: 'none' }
  | { readonly kind: 'shipped'; readonly file: string }
  | { readonly kind: 'own' }

/** Which setting of a sensor makes a source tell a category. */
export function settingOf(source: SourceName, category: string): Setting {
  if (!Object.hasOwn(SETTINGS, source)) return { kind: 'none' }
  const settings = SETTINGS[source]
  const file = typeof settings === 'object' ? settings[category] : settings
  return file === undefined ? { kind: 'own' } : { kind: 'shipped', file }
}
