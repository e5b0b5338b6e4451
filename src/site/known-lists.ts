import { isIP } from 'node:net'

/** What the values of a list are. */
export interface ListKind {
  /** In the plural, for people. */
  readonly values: string
  readonly example: string
  /** Where they are found. */
  readonly find: string
  readonly fits: (value: string) => boolean
}

const DIGEST = /^(?:[^\s@]+@|\*)?sha(?:256:[\da-f]{64}|512:[\da-f]{128})$/i
const WILDCARDS = /[*?]/

const IMAGES: ListKind = {
  values: 'digests of images (a name is the adversary’s to choose)',
  example: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  find: "docker inspect --format '{{.Image}}' CONTAINER, or what stands behind @ in 'docker images --digests'",
  fits: (value) => DIGEST.test(value),
}
const HOSTS: ListKind = {
  values: 'names of machines, as host.name of an alert shows them',
  example: 'build-7',
  find: "host.name in 'tallyman alerts show'",
  fits: (value) => /^[^\s/:@]+$/.test(value),
}
const USERS: ListKind = {
  values: 'who asks the API server: names of users and service accounts',
  example: 'system:serviceaccount:ci:deployer',
  find: "user.name in 'tallyman alerts show'; user.username in an audit record",
  fits: (value) => /^\S+$/.test(value) && !DIGEST.test(value),
}
const ADDRESSES: ListKind = {
  values: 'IP addresses; * stands for any end, and a block such as 192.0.2.0/24 is not understood',
  example: '192.0.2.10',
  find: 'the address itself, or 192.0.2.* for all that begin so',
  fits: (value) => isIP(value) !== 0 || (WILDCARDS.test(value) && /^[\da-f.:*?]+$/i.test(value)),
}
const INDICATORS: ListKind = {
  ...ADDRESSES,
  values:
    'IP addresses and host names; * stands for any end, and a block such as 192.0.2.0/24 is not understood',
  fits: (value) => /^[^\s/@]+$/.test(value) && !DIGEST.test(value),
}
const FINGERPRINTS: ListKind = {
  values: 'SHA-256 fingerprints of certificates, as Zeek writes them: hexadecimal digits without colons',
  example: '5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5',
  find: 'cert_chain_fps in ssl.log; openssl x509 -noout -fingerprint -sha256, without its colons',
  fits: (value) => /^[\da-f]{64}$/i.test(value),
}
const ACCOUNTS: ListKind = {
  values: 'numbers of accounts in the cloud',
  example: '111122223333',
  find: 'recipientAccountId in a record of CloudTrail',
  fits: (value) => /^\d{6,20}$/.test(value),
}
const ROLES: ListKind = {
  values: 'names of roles and users in the cloud',
  example: 'nightly-backup',
  find: "user.name in 'tallyman alerts show'",
  fits: (value) => /^\S+$/.test(value) && !DIGEST.test(value),
}
const REGISTRIES: ListKind = {
  values: 'beginnings of names of images, up to a slash; those of Docker Hub have no host before them',
  example: 'registry.example.org/',
  find: "container.image.name in 'tallyman alerts show'",
  fits: (value) => /^[^\s@]+$/.test(value) && !DIGEST.test(value),
}
const SECRETS: ListKind = {
  values: 'names of Secrets',
  example: 'backup-admin',
  find: 'the name under which it was planted',
  fits: (value) => /^[a-z\d][a-z\d.-]{0,252}$/.test(value),
}
const NAMESPACES: ListKind = {
  values: 'names of namespaces',
  example: 'ci',
  find: "k8s.namespace.name in 'tallyman alerts show'; kubectl get namespaces",
  fits: (value) => /^[a-z\d*?-]{1,63}$/.test(value),
}
const DOMAINS: ListKind = {
  values: 'parts of host names',
  example: 'corp.example',
  find: 'the domains that are yours',
  fits: (value) => /^[^\s/@]+$/.test(value) && !DIGEST.test(value),
}

const ISSUERS: ListKind = {
  values: 'parts of the names of authorities',
  example: 'O=Example Trust Services',
  find: 'certificate.issuer of an alert; openssl x509 -noout -issuer',
  fits: (value) => value.trim() !== '' && !WILDCARDS.test(value) && !DIGEST.test(value),
}

export interface KnownList {
  readonly name: string
  /** Who or what stands on it. */
  readonly means: string
  readonly kind: ListKind
}

/** The lists that shipped rules ask for: `lists/<name>.yaml` of the site. Rules of one's own may use others. */
export const KNOWN_LISTS: readonly KnownList[] = [
  { name: 'allowedIssuers', means: 'public authorities that certify our names', kind: ISSUERS },
  { name: 'approvedAuthorities', means: 'authorities that a host may trust', kind: FINGERPRINTS },
  { name: 'approvedCertificates', means: 'certificates that may sign themselves', kind: FINGERPRINTS },
  { name: 'approvedImages', means: 'images that are known; others are told of', kind: IMAGES },
  { name: 'approvedRegistries', means: 'where images may come from', kind: REGISTRIES },
  { name: 'badDigests', means: 'images that must not run', kind: IMAGES },
  { name: 'badIndicators', means: 'addresses that nothing should talk to', kind: INDICATORS },
  { name: 'buildHosts', means: 'machines on which images are built', kind: HOSTS },
  { name: 'certImages', means: 'images whose work is certificates and trust stores', kind: IMAGES },
  { name: 'certRequesters', means: 'those who ask the cluster for certificates', kind: USERS },
  { name: 'ciHosts', means: 'machines on which pipelines run', kind: HOSTS },
  { name: 'ciIdentities', means: 'those who push images to registries', kind: ROLES },
  { name: 'cloudBackupRoles', means: 'those who copy data of the cloud for their work', kind: ROLES },
  { name: 'decoySecrets', means: 'Secrets that no workload uses', kind: SECRETS },
  { name: 'deployers', means: 'those who roll out workloads', kind: USERS },
  { name: 'devHosts', means: 'machines of developers', kind: HOSTS },
  { name: 'gpuNamespaces', means: 'namespaces whose work needs GPUs and their like', kind: NAMESPACES },
  { name: 'hardenedHosts', means: 'machines on which all containers have to be hardened', kind: HOSTS },
  {
    name: 'hardenedNamespaces',
    means: 'namespaces in which all containers have to be hardened',
    kind: NAMESPACES,
  },
  { name: 'hostNetworkAllowed', means: 'images that may use the host’s network', kind: IMAGES },
  { name: 'hostPathAllowed', means: 'images that may mount the host’s folders', kind: IMAGES },
  { name: 'ioUringAllowed', means: 'images that may use io_uring', kind: IMAGES },
  {
    name: 'jobNamespaces',
    means: 'namespaces in which pipelines and jobs make pods all day',
    kind: NAMESPACES,
  },
  { name: 'k8sClients', means: 'images whose work is the cluster’s own API', kind: IMAGES },
  { name: 'legacyTlsImages', means: 'images that may encrypt less for a reason', kind: IMAGES },
  { name: 'legacyTlsPeers', means: 'servers that speak old TLS for a reason', kind: ADDRESSES },
  { name: 'metadataUsers', means: 'images that may ask the cloud’s metadata service', kind: IMAGES },
  { name: 'netAdmins', means: 'those who change network policies', kind: USERS },
  { name: 'networkDevices', means: 'routers, switches and firewalls that speak TLS', kind: ADDRESSES },
  { name: 'operators', means: 'those who open shells in containers to mend things', kind: USERS },
  { name: 'ownDomains', means: 'domains that containers must not point elsewhere', kind: DOMAINS },
  { name: 'pkiAdmins', means: 'those who approve certificates of the cluster', kind: USERS },
  { name: 'powerAllowed', means: 'images that may have the powers of the host', kind: IMAGES },
  { name: 'replacedImages', means: 'images that were replaced after an incident', kind: IMAGES },
  { name: 'secretReaders', means: 'those who read secrets for their work', kind: USERS },
  { name: 'shortLived', means: 'images whose containers come and go by design', kind: IMAGES },
  { name: 'stagingOk', means: 'images that pack and move data for their work', kind: IMAGES },
  { name: 'staticPodImages', means: 'images of a node’s static pods', kind: IMAGES },
  { name: 'tlsScanners', means: 'machines that probe TLS for you', kind: ADDRESSES },
  { name: 'trustedAccounts', means: 'accounts of the cloud that are ours', kind: ACCOUNTS },
  { name: 'tunnelWorkloads', means: 'images whose work is a tunnel', kind: IMAGES },
  { name: 'vulnerableImages', means: 'images that a scan found open to attack', kind: IMAGES },
  { name: 'webPublishers', means: 'images that may change what a web server shows', kind: IMAGES },
]

export function knownList(name: string): KnownList | undefined {
  return KNOWN_LISTS.find((each) => each.name === name)
}

/** Why a value cannot be on the list; undefined where it can, and for lists that are not known. */
export function misfit(name: string, value: string): { message: string; mend: string } | undefined {
  const list = knownList(name)
  if (list === undefined || list.kind.fits(value)) return undefined
  const { values, example, find } = list.kind
  return {
    message: `values: ${JSON.stringify(value.slice(0, 80))} can never match: the values of ${name} are ${values}`,
    mend: `write it as ${example} (${find}); until then the list does not apply`,
  }
}
