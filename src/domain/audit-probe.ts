/** Levels of an audit policy, each with what the one before has. */
export const AUDIT_LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type AuditLevel = (typeof AUDIT_LEVELS)[number]

/** A request that changes nothing, by which shows whether requests of its kind come back in the audit log. */
export interface AuditProbe {
  /** What it stands for: a resource and subresource. */
  readonly id: string
  /** What rules on such requests need. */
  readonly level: AuditLevel
  /** As an API server names it. */
  readonly verb: string
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Content type of a body. */
  readonly type?: string
  /** The request, with a name that nothing has, in a namespace that holds nothing. */
  readonly request: (name: string, namespace: string) => { readonly path: string; readonly body?: object }
  /** The line of an audit policy that covers it. */
  readonly policy: string
  /** What serves it need not be there: asked first, and 404 leaves the probe out. */
  readonly served?: string
}

type Request = ReturnType<AuditProbe['request']>

const MERGE = 'application/merge-patch+json'
const ANNOTATED = { metadata: { annotations: { 'tallyman.probe': 'true' } } }

/** Would hold a container that does nothing, if anything let it be made. */
const POD = {
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'probe',
      image: 'registry.k8s.io/pause:3.10',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
}

/** Each is refused, or finds nothing; what would make something is asked for as `dryRun=All`. */
export const AUDIT_PROBES: readonly AuditProbe[] = [
  {
    id: 'secrets',
    level: 'Metadata',
    verb: 'get',
    method: 'GET',
    request: (name, namespace) => ({ path: `${inCore(namespace)}/secrets/${name}` }),
    policy: policyLine('Metadata', '', 'secrets'),
  },
  {
    id: 'pods/exec',
    level: 'Metadata',
    verb: 'get',
    method: 'GET',
    request: (name, namespace) => ({ path: `${inCore(namespace)}/pods/${name}/exec?command=true` }),
    policy: policyLine('Metadata', '', 'pods/exec'),
  },
  {
    id: 'pods',
    level: 'RequestResponse',
    verb: 'create',
    method: 'POST',
    request: (name, namespace) =>
      made(`${inCore(namespace)}/pods`, name, { apiVersion: 'v1', kind: 'Pod', spec: POD }),
    policy: policyLine('RequestResponse', '', 'pods'),
  },
  {
    id: 'pods/ephemeralcontainers',
    level: 'RequestResponse',
    verb: 'patch',
    method: 'PATCH',
    type: MERGE,
    request: (name, namespace) => patched(`${inCore(namespace)}/pods/${name}/ephemeralcontainers`),
    policy: policyLine('RequestResponse', '', 'pods/ephemeralcontainers'),
  },
  {
    id: 'deployments',
    level: 'RequestResponse',
    verb: 'create',
    method: 'POST',
    request: (name, namespace) =>
      made(`/apis/apps/v1/namespaces/${namespace}/deployments`, name, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        spec: {
          replicas: 0,
          selector: { matchLabels: { 'tallyman.probe': 'true' } },
          template: { metadata: { labels: { 'tallyman.probe': 'true' } }, spec: POD },
        },
      }),
    policy: policyLine('RequestResponse', 'apps', 'deployments'),
  },
  {
    id: 'networkpolicies',
    level: 'RequestResponse',
    verb: 'create',
    method: 'POST',
    request: (name, namespace) =>
      made(`/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`, name, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      }),
    policy: policyLine('RequestResponse', 'networking.k8s.io', 'networkpolicies'),
  },
  {
    id: 'configmaps',
    level: 'RequestResponse',
    verb: 'patch',
    method: 'PATCH',
    type: MERGE,
    request: (name, namespace) => patched(`${inCore(namespace)}/configmaps/${name}`),
    policy: policyLine('RequestResponse', '', 'configmaps'),
  },
  {
    id: 'ingresses',
    level: 'RequestResponse',
    verb: 'patch',
    method: 'PATCH',
    type: MERGE,
    request: (name, namespace) =>
      patched(`/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${name}`),
    policy: policyLine('RequestResponse', 'networking.k8s.io', 'ingresses'),
  },
  {
    id: 'namespaces',
    level: 'RequestResponse',
    verb: 'patch',
    method: 'PATCH',
    type: MERGE,
    request: (name) => patched(`/api/v1/namespaces/${name}`),
    policy: policyLine('RequestResponse', '', 'namespaces'),
  },
  // further ways into pods and to what they are
  wayIn('pods/attach', (name, namespace) => `${inCore(namespace)}/pods/${name}/attach`),
  wayIn('pods/portforward', (name, namespace) => `${inCore(namespace)}/pods/${name}/portforward?ports=1`),
  wayIn('nodes/proxy', (name) => `/api/v1/nodes/${name}/proxy/pods`),
  {
    id: 'serviceaccounts/token',
    level: 'Metadata',
    verb: 'create',
    method: 'POST',
    request: (name, namespace) => ({
      path: `${inCore(namespace)}/serviceaccounts/${name}/token?dryRun=All`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } },
    }),
    policy: policyLine('Metadata', '', 'serviceaccounts/token'),
  },
  ...['daemonsets', 'statefulsets'].map((resource) => write('RequestResponse', 'apps/v1', resource)),
  ...['jobs', 'cronjobs'].map((resource) => write('RequestResponse', 'batch/v1', resource)),
  ...['roles', 'rolebindings'].map((resource) =>
    write('RequestResponse', 'rbac.authorization.k8s.io/v1', resource),
  ),
  ...['clusterroles', 'clusterrolebindings'].map((resource) =>
    write('RequestResponse', 'rbac.authorization.k8s.io/v1', resource, 'cluster'),
  ),
  ...['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].map((resource) =>
    write('RequestResponse', 'admissionregistration.k8s.io/v1', resource, 'cluster'),
  ),
  ...['certificatesigningrequests', 'certificatesigningrequests/approval', 'clustertrustbundles'].map(
    (resource) => write('RequestResponse', 'certificates.k8s.io/v1', resource, 'cluster'),
  ),
  write('RequestResponse', 'certificates.k8s.io/v1', 'podcertificaterequests'),
  write('Metadata', 'apiregistration.k8s.io/v1', 'apiservices', 'cluster'),
  ...['services', 'persistentvolumeclaims'].map((resource) => write('Metadata', 'v1', resource)),
  write('Metadata', 'v1', 'persistentvolumes', 'cluster'),
  ...(
    [
      ['snapshot.storage.k8s.io', 'volumesnapshots'],
      ['cert-manager.io', 'certificates'],
      ['cert-manager.io', 'certificaterequests'],
      ['cert-manager.io', 'issuers'],
    ] as const
  ).map(([group, resource]) => ({
    ...write('Metadata', `${group}/v1`, resource),
    served: `/apis/${group}`,
  })),
]

/** What a probe came to. */
export interface ProbeResult {
  readonly probe: AuditProbe
  /** The cluster that was asked, where it has a name. */
  readonly cluster: string
  /** When it was sent, wall clock, ms. */
  readonly sent: number
  readonly came:
    | {
        readonly level: AuditLevel
        readonly stage: string
        /** Whether the record has what was asked for. */
        readonly body: boolean
      }
    /** It did not come back in time. */
    | undefined
}

/** Who sends probes says here what was sent, before it is. */
export interface ProbeSending {
  /** `uri` holds what nobody can guess, and `user` is who sends, as the API server names them; `at` in ms. */
  sent(probe: AuditProbe, at: number, as: { uri: string; user: string; cluster: string; until: number }): void
}

function wayIn(id: string, path: (name: string, namespace: string) => string): AuditProbe {
  const request = (name: string, namespace: string): Request => ({ path: path(name, namespace) })
  const policy = policyLine('Metadata', '', id)
  return { id, level: 'Metadata', verb: 'get', method: 'GET', request, policy }
}

/** A patch of what is not there: without the right to it the level of its record is the same. */
function write(
  level: AuditLevel,
  apiVersion: string,
  id: string,
  scope: 'namespaced' | 'cluster' = 'namespaced',
): AuditProbe {
  const [group = '', version] = apiVersion.split('/')
  const [resource = '', subresource] = id.split('/')
  const api = version === undefined ? `/api/${apiVersion}` : `/apis/${apiVersion}`
  return {
    id,
    level,
    verb: 'patch',
    method: 'PATCH',
    type: MERGE,
    request: (name, namespace) => {
      const within = scope === 'cluster' ? '' : `/namespaces/${namespace}`
      const below = subresource === undefined ? '' : `/${subresource}`
      return patched(`${api}${within}/${resource}/${name}${below}`)
    },
    policy: policyLine(level, version === undefined ? '' : group, id),
  }
}

function inCore(namespace: string): string {
  return `/api/v1/namespaces/${namespace}`
}

/** Its name stands in the URI too: that is logged whatever the level. */
function made(path: string, name: string, object: object): Request {
  return {
    path: `${path}?dryRun=All&fieldManager=${name}`,
    body: { ...object, metadata: { name, labels: { 'tallyman.probe': 'true' } } },
  }
}

function patched(path: string): Request {
  return { path: `${path}?dryRun=All`, body: ANNOTATED }
}

function policyLine(level: AuditLevel, group: string, resource: string): string {
  return `- { level: ${level}, resources: [{ group: '${group}', resources: [${resource}] }] }`
}
