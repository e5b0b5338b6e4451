/** A kind of objects that is listed and watched. */
export interface ClusterResource {
  /** As paths and roles name it. */
  readonly name: string
  readonly kind: string
  readonly apiVersion: string
  /** Only metadata is asked for: what such objects hold is never read. */
  readonly metadataOnly?: true
}

const core = (name: string, kind: string): ClusterResource => ({ name, kind, apiVersion: 'v1' })
const apps = (name: string, kind: string): ClusterResource => ({ name, kind, apiVersion: 'apps/v1' })
const batch = (name: string, kind: string): ClusterResource => ({ name, kind, apiVersion: 'batch/v1' })
const rbac = (name: string, kind: string): ClusterResource => ({
  name,
  kind,
  apiVersion: 'rbac.authorization.k8s.io/v1',
})
const admission = (name: string, kind: string): ClusterResource => ({
  name,
  kind,
  apiVersion: 'admissionregistration.k8s.io/v1',
})

/** All that is watched; `sensors/kubernetes/rbac.yaml` grants it. */
export const CLUSTER_RESOURCES = [
  core('pods', 'Pod'),
  core('nodes', 'Node'),
  core('namespaces', 'Namespace'),
  core('events', 'Event'),
  { ...core('secrets', 'Secret'), metadataOnly: true },
  { ...core('configmaps', 'ConfigMap'), metadataOnly: true },
  apps('deployments', 'Deployment'),
  apps('daemonsets', 'DaemonSet'),
  apps('statefulsets', 'StatefulSet'),
  batch('jobs', 'Job'),
  batch('cronjobs', 'CronJob'),
  { name: 'networkpolicies', kind: 'NetworkPolicy', apiVersion: 'networking.k8s.io/v1' },
  rbac('roles', 'Role'),
  rbac('clusterroles', 'ClusterRole'),
  rbac('rolebindings', 'RoleBinding'),
  rbac('clusterrolebindings', 'ClusterRoleBinding'),
  admission('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration'),
  admission('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration'),
] as const satisfies readonly ClusterResource[]

/** Where all objects of the kind are, in every namespace. */
export function resourcePath({ apiVersion, name }: ClusterResource): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}/${name}` : `/api/${apiVersion}/${name}`
}
