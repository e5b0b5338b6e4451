import type { MappingFile } from '../mapping/mapping.ts'
import { auditd } from './auditd.ts'
import { azureActivity } from './azure-activity.ts'
import { certificateTransparency } from './certificate-transparency.ts'
import { certstore } from './certstore.ts'
import { cloudtrail } from './cloudtrail.ts'
import { containerdEvents } from './containerd-events.ts'
import { dockerChanges } from './docker-changes.ts'
import { dockerEvents } from './docker-events.ts'
import { dockerInspect } from './docker-inspect.ts'
import { dockerStats } from './docker-stats.ts'
import { esxi } from './esxi.ts'
import { falco } from './falco.ts'
import { fimAide } from './fim-aide.ts'
import { fimAuditbeat } from './fim-auditbeat.ts'
import { fimOsquery } from './fim-osquery.ts'
import { fimWazuh } from './fim-wazuh.ts'
import { gcpAudit } from './gcp-audit.ts'
import { hubble } from './hubble.ts'
import { kubearmor } from './kubearmor.ts'
import { kubescape } from './kubescape.ts'
import { kubernetesApi } from './kubernetes-api.ts'
import { kubernetesAudit } from './kubernetes-audit.ts'
import { laurel } from './laurel.ts'
import { macosEslogger } from './macos-eslogger.ts'
import { macosUnifiedlog } from './macos-unifiedlog.ts'
import { mappedSource } from './mapped-source.ts'
import { networkDevice } from './network-device.ts'
import { podmanEvents } from './podman-events.ts'
import { cadvisor, prometheus } from './prometheus.ts'
import { registry } from './registry.ts'
import { sensor } from './sensor.ts'
import type { Source } from './source.ts'
import { tetragon } from './tetragon.ts'
import { tracee } from './tracee.ts'
import { suricataEve } from './suricata-eve.ts'
import { tshark } from './tshark.ts'
import { sysmonLinux } from './sysmon-linux.ts'
import { windowsDefender } from './windows-defender.ts'
import { windowsEventlog } from './windows-eventlog.ts'
import { windowsSecurity } from './windows-security.ts'
import { windowsSysmon } from './windows-sysmon.ts'
import { zeekConn } from './zeek-conn.ts'
import { zeekDns } from './zeek-dns.ts'
import { zeekFiles } from './zeek-files.ts'
import { zeekHttp } from './zeek-http.ts'
import { zeekNotice } from './zeek-notice.ts'
import { zeekSsh } from './zeek-ssh.ts'
import { zeekSsl } from './zeek-ssl.ts'
import { zeekX509 } from './zeek-x509.ts'

/** Every source that Tallyman reads, but for `custom`: that is what a mapping of the configuration makes it. */
export const sources = [
  // what Google logs of its other services looks like what it logs of clusters
  gcpAudit,
  kubernetesAudit,
  kubernetesApi,
  dockerEvents,
  dockerInspect,
  falco,
  sensor,
  tetragon,
  tracee,
  auditd,
  laurel,
  zeekConn,
  zeekSsl,
  zeekX509,
  zeekDns,
  zeekHttp,
  zeekSsh,
  zeekFiles,
  zeekNotice,
  suricataEve,
  hubble,
  tshark,
  windowsSysmon,
  windowsSecurity,
  windowsDefender,
  windowsEventlog,
  sysmonLinux,
  fimAide,
  fimOsquery,
  fimWazuh,
  fimAuditbeat,
  dockerChanges,
  cloudtrail,
  dockerStats,
  podmanEvents,
  containerdEvents,
  cadvisor,
  prometheus,
  esxi,
  networkDevice,
  certstore,
  kubearmor,
  kubescape,
  macosEslogger,
  macosUnifiedlog,
  registry,
  azureActivity,
  certificateTransparency,
] as const

export { describesContainers } from './docker-inspect.ts'
export { createStreamDecoder } from './stream.ts'

/** With the format that a mapping describes: what is asked for by name goes before what is recognised. */
export function sourcesWith(mapping: MappingFile | undefined): readonly Source[] {
  return mapping === undefined ? sources : [mappedSource('custom', mapping), ...sources]
}
