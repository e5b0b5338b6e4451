import type { SourceName } from '../domain/event.ts'

/** How each source is made to tell its records, in one sentence; folders are those of the project. */
export const TURN_ON: Readonly<Record<SourceName, string>> = {
  'kubernetes.audit':
    'start kube-apiserver with --audit-policy-file and --audit-log-path and name the log under inputs:, or point its audit webhook at an input of type http (docs/inputs-http.md)',
  'kubernetes.api':
    'let the daemon ask the API server: an input of type kubernetes (docs/inputs-kubernetes.md, sensors/kubernetes)',
  'docker.events':
    'let the daemon read the engine’s socket: an input of type docker; tallyman discover shows what is in the way',
  'docker.inspect':
    'let the daemon read the engine’s socket: an input of type docker; tallyman discover shows what is in the way',
  falco:
    'load sensors/falco/tallyman_rules.yaml, set json_output: true and a file_output or http_output in falco.yaml, and read that as an input',
  sensor: 'run tallyman sensor as root on each machine (docs/sensor.md, sensors/tallyman-sensor.service)',
  tetragon: 'apply the policies of sensors/tetragon and read Tetragon’s export file',
  tracee: 'run Tracee with sensors/tracee/policy.yaml and JSON output to a file, and read that file',
  auditd: 'install sensors/auditd/tallyman.rules and read /var/log/audit/audit.log',
  laurel: 'install sensors/auditd/tallyman.rules and let Laurel write its log',
  'zeek.conn': 'let Zeek see the containers’ networks, as sensors/zeek says, and read its folder of logs',
  'zeek.ssl':
    'let Zeek see the containers’ networks with the policies of sensors/zeek, and read its folder of logs',
  'zeek.x509':
    'let Zeek see the containers’ networks with the policies of sensors/zeek, and read its folder of logs',
  'zeek.dns': 'let Zeek see the containers’ networks, as sensors/zeek says, and read its folder of logs',
  'zeek.http': 'let Zeek see the containers’ networks, as sensors/zeek says, and read its folder of logs',
  'zeek.ssh': 'let Zeek see the containers’ networks, as sensors/zeek says, and read its folder of logs',
  'zeek.files': 'let Zeek see the containers’ networks, as sensors/zeek says, and read its folder of logs',
  'zeek.notice': 'let Zeek see the containers’ networks, as sensors/zeek says, and read its folder of logs',
  'suricata.eve': 'switch eve-log on with the types that sensors/suricata names, and read eve.json',
  hubble: 'let flows be exported as sensors/hubble says, and read the file',
  tshark: 'run tshark on the containers’ bridge as sensors/tshark says, and read its file',
  'windows.sysmon':
    'collect the channel Microsoft-Windows-Sysmon/Operational and send it to an input of type http or file',
  'windows.security': 'collect the channel Security and send it to an input of type http or file',
  'windows.defender':
    'collect the channel Microsoft-Windows-Windows Defender/Operational and send it to an input',
  'windows.eventlog':
    'collect the channels that your rules name and send them to an input of type http or file',
  'sysmon.linux': 'install Sysmon for Linux and read its events from the system’s log',
  'fim.aide': 'let AIDE watch what sensors/integrity lists, report as JSON, and read its reports',
  'fim.osquery': 'let osquery watch what sensors/integrity lists, and read osqueryd.results.log',
  'fim.wazuh': 'let Wazuh’s syscheck watch what sensors/integrity lists, and read alerts.json',
  'fim.auditbeat': 'let Auditbeat’s file_integrity watch what sensors/integrity lists, and read its output',
  'docker.changes': 'ask the engine for /containers/ID/changes and read the answers as a file or by http',
  cloudtrail: 'deliver CloudTrail’s management events to a folder or an input of type http',
  'docker.stats': 'ask the engine for /containers/ID/stats and read the answers as a file or by http',
  'podman.events': 'let podman events --format json write to a file, and read it',
  'containerd.events': 'let ctr events write to a file, and read it',
  cadvisor: 'let an input of type prometheus ask cAdvisor or the kubelets',
  prometheus: 'let an input of type prometheus ask the exporters',
  esxi: 'send the host’s syslog to an input of type syslog',
  'network.device': 'send the devices’ syslog to an input of type syslog',
  certstore: 'watch /etc/ssl/certs, and what programs trust besides, with an input of type certstore',
  kubearmor: 'let KubeArmor’s relay write its logs and alerts as JSON (docs/mapping.md), and read that file',
  kubescape: 'let the node agent’s stdout exporter write its alerts, and read its container’s log',
  'macos.eslogger':
    'run eslogger exec create rename close unlink on the Mac, and send its lines to an input of type http or file',
  'macos.unifiedlog': 'let Wazuh’s agent collect the unified log, and read the findings of its server',
  registry: 'name an input of type http among the endpoints of the registry’s notifications',
  'gcp.audit': 'let a sink of Cloud Logging write audit logs to a folder or a Pub/Sub topic that pushes here',
  'azure.activity': 'let a diagnostic setting send the activity log here, by Event Hubs or a storage account',
  'certificate.transparency':
    'let a follower of Certificate Transparency, or what crt.sh answers as JSON for your domains, write to a folder',
  custom: 'describe the format in a mapping, and name that under the input (docs/mapping.md)',
}
