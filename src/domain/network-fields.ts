import type { Field } from './field.ts'

const PEER: Readonly<Record<string, string>> = {
  'container.id': 'full id of the container',
  'container.name': 'name of the container',
  'container.image.name': 'its image, without tag or digest',
  'k8s.namespace.name': 'namespace of the pod',
  'k8s.pod.name': 'name of the pod',
  namespace: 'namespace of the pod, or the project of Docker Compose',
  workload: 'who owns the pod under a lasting name, else the image, else the container',
}

/**
 * What the inventory adds to a record about a connection, for the end that opened it (`client`) and the end that
 * answered (`server`), where the address belonged to a container or pod at that time.
 */
export const PEER_FIELDS: Readonly<Record<string, Field>> = Object.fromEntries(
  ['client', 'server'].flatMap((end) => [
    ...Object.entries(PEER).map(([name, description]) => [
      `${end}.${name}`,
      { type: 'string', description: `At the ${end}’s address: ${description}.` } satisfies Field,
    ]),
    [
      `${end}.container.ambiguous`,
      {
        type: 'boolean',
        description: `True where containers of several machines had the ${end}’s address: none is named.`,
      } satisfies Field,
    ],
  ]),
)

const ENDS: Readonly<Record<string, Field>> = {
  'id.orig_h': { type: 'string', description: 'Address of the client, which opened the connection.' },
  'id.orig_p': { type: 'number', description: 'Its port.' },
  'id.resp_h': { type: 'string', description: 'Address of the server.' },
  'id.resp_p': { type: 'number', description: 'Its port.' },
}

/** A handshake, in the names that Zeek's ssl.log has for it, whichever sensor saw it. */
export const TLS: Readonly<Record<string, Field>> = {
  ...ENDS,
  version: {
    type: 'string',
    description:
      'The version agreed on, in one spelling: SSLv2, SSLv3, TLSv10, TLSv11, TLSv12, TLSv13, TLSv13-draft18, DTLSv12.',
  },
  cipher: { type: 'string', description: 'The cipher suite agreed on, by its IANA name.' },
  curve: { type: 'string', description: 'Elliptic curve of the key exchange; Zeek alone tells it.' },
  server_name: { type: 'string', description: 'The name that the client asked for (SNI).' },
  established: {
    type: 'boolean',
    description: 'Zeek: the session was established. Others: the server has chosen version and cipher.',
  },
  resumed: { type: 'boolean', description: 'An earlier session was taken up: no certificate is seen.' },
  subject: { type: 'string', description: 'Subject of the server’s certificate; missing in TLS 1.3.' },
  issuer: { type: 'string', description: 'Its issuer.' },
  validation_status: {
    type: 'string',
    description: 'What Zeek makes of the certificates: ok, self signed certificate, ….',
  },
  sni_matches_cert: {
    type: 'boolean',
    description: 'Zeek: the certificate is for the name that was asked for.',
  },
  cert_chain_fps: {
    type: 'list',
    description: 'Fingerprints of the server’s certificates, hexadecimal: SHA-256; of Suricata SHA-1.',
  },
  'san.dns': {
    type: 'list',
    description: 'DNS names of the server’s certificate, where the sensor logs them here.',
  },
  next_protocol: { type: 'string', description: 'Application protocol agreed on (ALPN).' },
  ja3: { type: 'string', description: 'Fingerprint of the client’s hello.' },
  ja3s: { type: 'string', description: 'Fingerprint of the server’s hello.' },
  ja4: { type: 'string', description: 'Fingerprint of the client’s hello, the newer one.' },
  uid: { type: 'string', description: 'Zeek’s id of the connection.' },
  ...PEER_FIELDS,
}

/** A certificate, in the names of Zeek's x509.log. */
export const CERTIFICATE_FIELDS: Readonly<Record<string, Field>> = {
  fingerprint: { type: 'string', description: 'SHA-256 of the certificate, hexadecimal.' },
  'certificate.serial': { type: 'string', description: 'Serial number, hexadecimal.' },
  'certificate.subject': { type: 'string', description: 'Whom it names: CN=…,O=….' },
  'certificate.issuer': { type: 'string', description: 'Who signed it; itself where it is the subject.' },
  'certificate.cn': { type: 'string', description: 'Common name of the subject.' },
  'certificate.not_valid_before': { type: 'number', description: 'Seconds since the epoch.' },
  'certificate.not_valid_after': { type: 'number', description: 'Seconds since the epoch.' },
  'certificate.key_type': { type: 'string', description: 'rsa, ecdsa or ec, dsa, ed25519.' },
  'certificate.key_length': {
    type: 'number',
    description: 'Bits of an RSA or DSA key; of others where the sensor says it.',
  },
  'certificate.sig_alg': {
    type: 'string',
    description: 'With what it is signed: sha256WithRSAEncryption, ….',
  },
  'san.dns': { type: 'list', description: 'DNS names that it is for.' },
  'san.ip': { type: 'list', description: 'Addresses that it is for.' },
  'san.uri': { type: 'list', description: 'URIs that it is for, such as SPIFFE ids.' },
  'san.email': { type: 'list', description: 'Mail addresses that it is for.' },
  'basic_constraints.ca': { type: 'boolean', description: 'May sign other certificates.' },
}

/** A certificate that was seen on the wire. */
export const CERTIFICATE: Readonly<Record<string, Field>> = {
  ...ENDS,
  ...CERTIFICATE_FIELDS,
  ...PEER_FIELDS,
}

/** A question to a name server. */
export const DNS: Readonly<Record<string, Field>> = {
  query: { type: 'string', description: 'The name that was asked for; a list where several were.' },
  record_type: { type: 'string', description: 'A, AAAA, TXT, ….' },
  answer: { type: 'list', description: 'What was answered.' },
  response_code: { type: 'string', description: 'NOERROR, NXDOMAIN, …; Hubble does not tell its name.' },
  ...PEER_FIELDS,
}

const REQUEST: Readonly<Record<string, Field>> = {
  'cs-method': { type: 'string', description: 'GET, POST, ….' },
  'cs-host': { type: 'string', description: 'Host that was asked for.' },
  'cs-uri-stem': { type: 'string', description: 'Path without its query.' },
  'cs-uri-query': {
    type: 'string',
    description: 'All of what was sent, path and query: public rules look for paths here.',
  },
  'cs-user-agent': { type: 'string', description: 'What the client says it is.' },
  'cs-referer': { type: 'string', description: 'Where the client says it comes from.' },
  'cs-username': { type: 'string', description: 'User of HTTP’s own login.' },
  'sc-status': { type: 'number', description: 'Status of the answer.' },
}

/** A request, as a proxy would log it. */
export const PROXY: Readonly<Record<string, Field>> = {
  'c-uri': { type: 'list', description: 'The address with its host, and what was sent: either may match.' },
  'c-uri-query': { type: 'string', description: 'What stands behind the question mark.' },
  'c-uri-stem': { type: 'string', description: 'Path without its query.' },
  'c-uri-extension': { type: 'string', description: 'What stands behind the last dot of the path.' },
  'c-useragent': { type: 'string', description: 'What the client says it is.' },
  'r-dns': { type: 'string', description: 'Host that was asked for.' },
  src_ip: { type: 'string', description: 'Address of the client.' },
  dst_ip: { type: 'string', description: 'Address of the server.' },
  ...REQUEST,
}

/** The same request, as the web server would log it. */
export const WEB_SERVER: Readonly<Record<string, Field>> = {
  'c-ip': { type: 'string', description: 'Address of the client.' },
  's-ip': { type: 'string', description: 'Address of the server.' },
  's-port': { type: 'number', description: 'Port of the server.' },
  ...REQUEST,
}
