import type { Resource } from '../api/types.ts'

/** What an action of a playbook means, for who has not written it; without a sentence, its id stands alone. */
const SENTENCES: Readonly<Record<string, string>> = {
  ask: 'Ask somebody who knows',
  'evidence.capture': 'Keep what tells what happened, before it is gone',
  'network.isolate': 'Cut it off from the network, and leave it running',
  'network.release': 'Give it its network back',
  'workload.delete': 'Delete what runs it',
  'credential.rotate': 'Replace the credentials that it could read',
  'object.revert': 'Put the object back as it was before the change',
  'peer.block': 'Block the other end of the connection',
  'peer.unblock': 'Let the other end connect again',
  'trust-store.compare': 'Compare the roots that it trusts with those of its image',
  'case.close': 'Close the incident with a verdict',
}

export function sentenceFor(action: string): string | undefined {
  return Object.hasOwn(SENTENCES, action) ? SENTENCES[action] : undefined
}

const CONTAINER_ID = /^[0-9a-f]{12,64}$/
/** Names of Kubernetes (RFC 1123), and nothing that a shell would read as more. */
const KUBERNETES_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

/** Commands that only read, for what an entity names beyond doubt; none where a name could be a command. */
export function evidenceCommands(entity: Resource): readonly string[] {
  const id = entity['container.id']
  const [namespace, pod] = [entity['k8s.namespace.name'], entity['k8s.pod.name']]
  if (isText(namespace, KUBERNETES_NAME) && isText(pod, KUBERNETES_NAME)) {
    return [
      `kubectl -n ${namespace} get pod ${pod} -o yaml`,
      `kubectl -n ${namespace} logs ${pod} --all-containers --timestamps`,
      `kubectl -n ${namespace} get events --field-selector involvedObject.name=${pod}`,
    ]
  }
  if (!isText(id, CONTAINER_ID)) return []
  const short = id.slice(0, 12)
  return [
    `docker inspect ${short}`,
    `docker logs --timestamps ${short}`,
    `docker top ${short}`,
    `docker diff ${short}`,
  ]
}

function isText(value: Resource[string] | undefined, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}
