import type { InputConfig } from '../config/config.ts'
import type { Input } from '../inputs/input.ts'
import { kubernetesInput } from '../inputs/kubernetes.ts'

/** The input of the configuration that asks an API server. */
export function configuredKubernetes({
  name,
  kubeconfig,
  context,
  cluster,
  resources,
}: Extract<InputConfig, { type: 'kubernetes' }>): Input {
  return kubernetesInput({ name, kubeconfig, context, cluster, resources, now: Date.now })
}
