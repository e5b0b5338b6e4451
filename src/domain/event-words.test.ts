import { expect, it } from 'vitest'
import { eventWords } from './event-words.ts'

it('says in one line what happened', () => {
  const said = (fields: Readonly<Record<string, unknown>>, logsource = 'docker/container_event'): string =>
    eventWords({ fields, logsource })
  expect(said({ CommandLine: 'openssl req' })).toBe('openssl req')
  expect(said({ CommandLine: 'cat k', TargetFilename: '/k', Image: '/bin/cat' })).toBe('/k · by /bin/cat')
  expect(said({ SourceFilename: '/a', TargetFilename: '/b' })).toBe('/a → /b')
  expect(said({ 'network.peer.address': '/run/docker.sock', Image: 'curl' })).toBe(
    '/run/docker.sock · by curl',
  )
  expect(said({ 'syscall.name': 'setns', 'syscall.flags': ['CLONE_NEWNS'] }, 'linux/kernel_call')).toBe(
    'setns CLONE_NEWNS',
  )
  expect(said({ DestinationIp: '10.0.0.1', DestinationPort: 443 })).toBe('10.0.0.1:443')
  expect(said({ 'mount.source': ['/', '/host'], 'mount.destination': '/h' })).toBe('/ /host → /h')
  expect(said({ 'event.type': 'container', 'event.action': 'export' })).toBe('container export')
  expect(said({ 'container.command': ['sleep', '9'] }, 'docker/container_create')).toBe('runs sleep 9')
  expect(said({ 'container.privileged': true, 'container.host_paths': ['/etc', '/var'] })).toBe(
    'privileged · mounts /etc /var',
  )
  expect(said({}, 'zeek/conn')).toBe('')
  expect(said({ 'mount.type': 'tmpfs', 'mount.destination': '/t', 'mount.read_only': true })).toBe(
    'tmpfs → /t (ro)',
  )
  expect(said({ 'mount.source': '/', 'mount.destination': '/h', 'mount.read_only': false })).toBe(
    '/ → /h (rw)',
  )
  expect(said({ 'network.local.address': '0.0.0.0', 'network.local.port': 4444, Image: 'nc' })).toBe(
    'listens on 0.0.0.0:4444 · by nc',
  )
})

it('says what Windows logged', () => {
  const said = (fields: Readonly<Record<string, unknown>>): string =>
    eventWords({ fields, logsource: 'windows/sysmon' })
  const by = { Image: 'x.exe', CommandLine: 'x.exe /a', EventID: 1 }
  expect(said(by)).toBe('x.exe /a')
  expect(said({ ...by, TargetObject: 'HKLM\\a', Details: 'DWORD (0x00000001)' })).toBe(
    'HKLM\\a = DWORD (0x00000001) · by x.exe',
  )
  expect(said({ TargetObject: 'HKLM\\a' })).toBe('HKLM\\a')
  expect(said({ SourceImage: 'x.exe', TargetImage: 'lsass.exe' })).toBe('x.exe → lsass.exe')
  expect(said({ Image: 'x.exe', QueryName: 'a.example' })).toBe('asks for a.example · by x.exe')
  expect(said({ ScriptBlockText: 'IEX x' })).toBe('IEX x')
  expect(said({ EventID: 7045, Provider_Name: 'Service Control Manager' })).toBe(
    'Service Control Manager 7045',
  )
})

it('names the object of a request to the Kubernetes API, and who asked', () => {
  const event = {
    verb: 'get',
    objectRef: { resource: 'secrets', namespace: 'shop', name: 'db' },
    user: { username: 'alice' },
    requestURI: '/api/v1/namespaces/shop/secrets/db',
  }
  const said = (fields: Readonly<Record<string, unknown>>): string =>
    eventWords({ fields, logsource: 'kubernetes/audit' })
  expect(said(event)).toBe('get secrets shop/db · by alice')
  expect(
    said({
      ...event,
      objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' },
      impersonatedUser: { username: 'system:admin' },
      responseStatus: { code: 403 },
    }),
  ).toBe('get pods/exec shop/web · by alice as system:admin · refused (403)')
  expect(said({ verb: 'get', requestURI: '/version' })).toBe('get /version')
})

it('names version, cipher and both ends of TLS, and of any connection that was watched', () => {
  const both = { 'id.orig_h': '10.0.0.5', 'id.orig_p': 40122, 'id.resp_h': '10.0.0.9', 'id.resp_p': 443 }
  const ssl = {
    ...both,
    version: 'TLSv10',
    cipher: 'TLS_RSA_WITH_AES_128_CBC_SHA',
    server_name: 'shop.example',
  }
  expect(eventWords({ fields: ssl, logsource: 'zeek/ssl' })).toBe(
    'TLSv10 TLS_RSA_WITH_AES_128_CBC_SHA · 10.0.0.5:40122 → 10.0.0.9:443 · shop.example',
  )
  expect(eventWords({ fields: both, logsource: 'zeek/ssl' })).toBe(
    'TLS, nothing agreed · 10.0.0.5:40122 → 10.0.0.9:443',
  )
  const named = { ...both, 'client.container.name': 'web', service: 'http' }
  expect(eventWords({ fields: named, logsource: 'zeek/conn' })).toBe(
    'web 10.0.0.5:40122 → 10.0.0.9:443 · http',
  )
})

it('says what sensors on the network, checks of files and clouds told', () => {
  const said = (fields: Readonly<Record<string, unknown>>, logsource: string): string =>
    eventWords({ fields, logsource })
  const ends = { 'id.orig_h': '10.0.0.5', 'id.orig_p': 40122, 'id.resp_h': '10.0.0.9', 'id.resp_p': 443 }
  for (const logsource of ['zeek/ssl', 'suricata/tls', 'tshark/tls'])
    expect(said({ ...ends, version: 'TLSv10', cipher: 'TLS_RSA_WITH_AES_128_CBC_SHA' }, logsource)).toBe(
      'TLSv10 TLS_RSA_WITH_AES_128_CBC_SHA · 10.0.0.5:40122 → 10.0.0.9:443',
    )
  expect(said({ query: 't.example.org', record_type: 'TXT', answer: ['a', 'b'] }, 'suricata/dns')).toBe(
    'asks for TXT t.example.org · a b',
  )
  expect(said({ ...ends, query: 'example.org', qtype_name: 'A', 'id.resp_p': 53 }, 'zeek/dns')).toBe(
    'asks for A example.org',
  )
  const asked = { 'cs-method': 'GET', 'c-uri': ['http://shop.example/a', '/a'], 'sc-status': 200 }
  expect(said({ ...ends, ...asked, 'c-useragent': 'curl/7' }, 'zeek/http')).toBe(
    'GET http://shop.example/a · answered 200 · curl/7',
  )
  const alert = { alert: { signature: 'A SIGNATURE' }, src_ip: '10.0.0.5', src_port: 1, dest_ip: '10.0.0.9' }
  expect(said(alert, 'suricata/alert')).toBe('A SIGNATURE · 10.0.0.5:1 → 10.0.0.9')
  expect(said({ TargetFilename: '/etc/motd', 'event.action': 'attributes_modified' }, 'file_change')).toBe(
    '/etc/motd attributes modified',
  )
  expect(said({ 'metric.name': 'container_cpu_usage_ratio', 'metric.value': 1.98 }, 'metric')).toBe(
    'container_cpu_usage_ratio 1.98',
  )
  const call = {
    eventName: 'CopySnapshot',
    eventSource: 'ec2.amazonaws.com',
    sourceIPAddress: '198.51.100.7',
  }
  expect(said({ ...call, 'user.name': 'node', errorCode: 'AccessDenied' }, 'aws/cloudtrail')).toBe(
    'CopySnapshot at ec2.amazonaws.com · by node from 198.51.100.7 · refused (AccessDenied)',
  )
})
