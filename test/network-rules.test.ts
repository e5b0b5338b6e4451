import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Event } from '../src/domain/event.ts'
import { compileRules } from '../src/sigma/sigma.ts'
import { createStreamDecoder, sources } from '../src/sources/index.ts'

const fixtures = join(import.meta.dirname, '../src/sources/fixtures')

function eventsOf(fixture: string): readonly Event[] {
  const bytes = readFileSync(join(fixtures, fixture))
  const received = (): number => Date.UTC(2026, 10, 20, 12)
  const batch = createStreamDecoder(sources, fixture, undefined, received).push({
    stream: fixture,
    offset: 0,
    bytes,
    end: true,
  })
  expect(batch.failures).toEqual([])
  return batch.items.flatMap(({ decoded }) => decoded.events)
}

/** How many events of the fixture a rule in the form of public collections matches. */
function matches(fixture: string, logsource: string, detection: string): number {
  const text = `title: a rule\nlogsource: { ${logsource} }\ndetection:\n  selection:\n    ${detection}\n  condition: selection\n`
  const { ruleset, refused } = compileRules([{ file: 'rule.yml', text, line: 1, strategy: 'public' }], {
    lists: new Map(),
  })
  expect(refused).toEqual([])
  return eventsOf(fixture).filter((event) => ruleset.match(event).length > 0).length
}

describe('a rule of the public form', () => {
  test.each<[string, string, string, number]>([
    ['zeek.dns/entries.jsonl', 'product: zeek, service: dns', "query|endswith: '.example.org'", 2],
    ['zeek.dns/entries.jsonl', 'product: zeek, service: dns', 'qtype_name: TXT', 1],
    ['zeek.dns/entries.jsonl', 'category: dns', 'record_type: TXT', 1],
    ['zeek.dns/entries.jsonl', 'category: dns', "answer|startswith: '203.0.113.'", 1],
    ['zeek.dns/entries.jsonl', 'category: dns_query, product: windows', "query|contains: 'example'", 0],
    ['zeek.http/entries.jsonl', 'product: zeek, service: http', "user_agent|contains: 'DavClnt'", 1],
    ['zeek.http/entries.jsonl', 'category: proxy', "c-uri|contains: 'shop.example/admin'", 1],
    ['zeek.http/entries.jsonl', 'category: proxy', "c-uri|startswith: '/admin'", 1],
    ['zeek.http/entries.jsonl', 'category: proxy', "c-uri-extension: ['jsp', 'php']", 2],
    ['zeek.http/entries.jsonl', 'category: proxy', "r-dns|endswith: '.example'", 1],
    ['zeek.http/entries.jsonl', 'category: webserver', "cs-uri-query|contains: '../../etc/passwd'", 1],
    ['zeek.ssh/entries.jsonl', 'product: zeek, service: ssh', 'version: 1', 1],
    ['zeek.files/entries.jsonl', 'product: zeek, service: files', 'mime_type: application/zip', 1],
    ['zeek.notice/entries.jsonl', 'product: zeek, service: notice', "note|startswith: 'SSL::'", 1],
    ['zeek.conn/entries.jsonl', 'category: network_connection', 'DestinationPort: 4433', 3],
    ['zeek.conn/entries.jsonl', 'category: network_connection, product: linux', "Initiated: 'true'", 4],
    ['zeek.conn/entries.jsonl', 'category: network_connection, product: windows', "Initiated: 'true'", 0],
    ['zeek.ssl/entries.jsonl', 'product: zeek, service: ssl', 'version: TLSv10', 1],
    ['zeek.ssl/entries.jsonl', 'category: tls', 'version: TLSv10', 1],
    ['suricata.eve/recorded.json', 'category: tls', 'version: [TLSv10, TLSv11]', 2],
    ['suricata.eve/recorded.json', 'category: tls', "cipher|contains: '_NULL_'", 1],
    ['suricata.eve/recorded.json', 'category: tls', 'subject|fieldref: issuer', 3],
    ['suricata.eve/recorded.json', 'category: tls', 'established: false', 1],
    ['suricata.eve/recorded.json', 'product: suricata, service: tls', 'tls.version: TLSv1', 1],
    ['suricata.eve/recorded.json', 'product: suricata, service: alert', 'alert.signature_id: 9000001', 2],
    ['suricata.eve/recorded.json', 'category: dns', 'record_type: TXT', 1],
    ['suricata.eve/recorded.json', 'category: proxy', "c-useragent|startswith: 'curl/'", 2],
    ['suricata.eve/recorded.json', 'category: webserver', "cs-uri-query|contains: '/etc/passwd'", 1],
    ['suricata.eve/recorded.json', 'category: network_connection', 'DestinationPort: 4431', 1],
    [
      'hubble/documented.jsonl',
      'category: network_connection, product: linux',
      "DestinationHostname: 'pool.minexmr.com'",
      1,
    ],
    ['tshark/recorded-fields.jsonl', 'category: tls', 'version: [TLSv10, TLSv11]', 2],
    ['tshark/recorded-fields.jsonl', 'category: tls', 'subject|fieldref: issuer', 3],
    ['tshark/recorded-fields.jsonl', 'category: certificate', 'basic_constraints.ca: true', 3],
    ['tshark/recorded-fields.jsonl', 'category: network_connection', 'DestinationPort: 8080', 2],
    ['tshark/recorded-fields.jsonl', 'category: dns', 'record_type: TXT', 1],
    [
      'cloudtrail/documented.jsonl',
      'product: aws, service: cloudtrail',
      'eventName: ModifySnapshotAttribute',
      1,
    ],
    [
      'cloudtrail/documented.jsonl',
      'product: aws, service: cloudtrail',
      'responseElements.ConsoleLogin: Failure',
      1,
    ],
    [
      'cloudtrail/documented.jsonl',
      'product: aws, service: cloudtrail',
      'userIdentity.sessionContext.sessionIssuer.type: Role',
      1,
    ],
    [
      'cloudtrail/documented.jsonl',
      'product: aws, service: cloudtrail',
      "requestParameters.createVolumePermission.add.items.userId: '444455556666'",
      1,
    ],
    ['containerd.events/documented.log', 'category: container_event', 'containerd.namespace: hidden', 2],
    ['podman.events/documented.jsonl', 'product: podman, category: container_event', 'event.action: exec', 1],
    ['fim.osquery/documented.jsonl', 'category: file_change', "TargetFilename|endswith: '/x.crt'", 1],
    [
      'fim.osquery/documented.jsonl',
      'product: linux, category: file_event',
      "TargetFilename: '/etc/motd'",
      1,
    ],
    [
      'esxi/documented.log',
      'product: linux, category: process_creation',
      "{Image|endswith: /esxcli, CommandLine|contains: 'vm process', CommandLine|endswith: ' list'}",
      1,
    ],
    [
      'esxi/documented.log',
      'product: esxi, service: hostd',
      'esxi.option.key: Annotations.WelcomeMessage',
      1,
    ],
    ['network.device/documented.log', 'product: cisco, service: aaa', "['crypto key generate', 'ip ssh']", 2],
    ['network.device/documented.log', 'product: cisco, service: syslog', "['%SYS-5-CONFIG_I:']", 1],
    ['network.device/documented.log', 'product: cisco, service: bgp', "['BGP']", 1],
    ['network.device/documented.log', 'category: network_device', "CommandLine|contains: '3des'", 1],
    ['hubble/documented.jsonl', 'category: dns', "query: 'pool.minexmr.com'", 1],
    ['hubble/documented.jsonl', 'category: proxy', "c-useragent|contains: 'sqlmap'", 1],
    ['hubble/documented.jsonl', 'category: webserver', "cs-uri-query|contains: '/console/'", 1],
  ])('on %s: %s, %s: %i', (fixture, logsource, detection, count) => {
    expect(matches(fixture, logsource, detection)).toBe(count)
  })
})
