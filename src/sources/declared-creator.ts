import type { Resource } from '../domain/event.ts'
import { memberOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

/**
 * Which tool a container, or the pod that it is of, says that it was made by: labels and annotations, which whoever made
 * it chose. Nobody is exempted by that.
 */
export function declaredCreator(labels: JsonObject, annotations: JsonObject = {}): Resource {
  const project = textOf(memberOf(labels, COMPOSE_PROJECT))
  const tool = textOf(memberOf(labels, MANAGED_BY)) ?? textOf(memberOf(annotations, MANAGED_BY))
  const isApplied = memberOf(annotations, LAST_APPLIED) !== undefined
  const name = project === undefined ? (tool ?? (isApplied ? 'kubectl' : undefined)) : `compose/${project}`
  return name === undefined ? {} : told(name, 'label')
}

/** A container that its engine runs as this user of the machine, whose it then is. */
export function engineUser(uid: number): Resource {
  return told(`uid ${uid}`, 'engine')
}

function told(name: string, by: 'label' | 'engine'): Resource {
  return { 'container.creator.name': name.slice(0, 256), 'container.creator.told_by': by }
}

/** https://docs.docker.com/reference/compose-file/; podman-compose writes it as well. */
const COMPOSE_PROJECT = 'com.docker.compose.project'
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
const MANAGED_BY = 'app.kubernetes.io/managed-by'
/** https://kubernetes.io/docs/reference/labels-annotations-taints/ */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
