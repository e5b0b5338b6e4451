import type { InputConfig } from '../config/config.ts'
import type { ProbeSending } from '../domain/audit-probe.ts'
import { parseDuration } from '../domain/day.ts'
import type { Input } from '../inputs/input.ts'
import { kubernetesInput } from '../inputs/kubernetes.ts'

type KubernetesConfig = Extract<InputConfig, { type: 'kubernetes' }>

/** The input of the configuration that asks an API server. */
export function configuredKubernetes(
  { name, kubeconfig, context, cluster, resources, probes }: KubernetesConfig,
  { probes: log, say }: { readonly probes?: ProbeSending; readonly say: (line: string) => void },
): Input {
  const asked = { name, kubeconfig, context, cluster, resources, now: Date.now }
  if (probes === undefined) return kubernetesInput(asked)
  if (log === undefined) {
    say(`${name}: the audit log is not probed from here, because nobody here reads it; let the daemon do it`)
    return kubernetesInput(asked)
  }
  const [every = 0, within = 0] = [probes.every, probes.within].map(parseDuration)
  return kubernetesInput({ ...asked, probes: { log, namespace: probes.namespace, every, within } })
}
