import { isObject, memberOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { dottedMember, pathOf } from './zeek-record.ts'

/** Zeek's logs that no source reads: a reason names one of these and nothing of the record. */
const LOGS = new Set(
  `analyzer broker capture_loss cluster config conn_summary dce_rpc dhcp dnp3 dpd ftp intel irc
  kerberos known_certs known_hosts known_modbus known_services ldap ldap_search loaded_scripts modbus mqtt_connect
  mqtt_publish mqtt_subscribe mysql netcontrol ntlm ntp ocsp openflow packet_filter pe
  postgresql print quic radius rdp redis reporter rfb signatures sip smb_cmd smb_files smb_mapping smtp snmp socks
  software stats syslog telemetry traceroute tunnel weird weird_stats websocket`.split(/\s+/),
)

/** `zeek.smtp` for an entry of smtp.log, `zeek` where it is Zeek's and cannot be told; undefined for anything else. */
export function zeekLogName(json: JsonObject): string | undefined {
  const path = pathOf(json)
  const isZeek =
    dottedMember(json, 'id.orig_h') !== undefined ||
    dottedMember(json, 'certificate.subject') !== undefined ||
    ('ts' in json && (path !== undefined || ['uid', 'fuid', 'note'].some((name) => name in json))) ||
    (isObject(json['id']) && memberOf(json['id'], 'orig_h') !== undefined)
  if (!isZeek) return undefined
  return path !== undefined && LOGS.has(path) ? `zeek.${path}` : 'zeek'
}
