import type { Field } from './field.ts'

/** A container that the orchestrator, a runtime or the kernel of a machine knows, and another of them does not. */
export const CONTAINER_VIEW: Readonly<Record<string, Field>> = {
  'view.seen_by': { type: 'list', description: 'Who knows it: orchestrator, runtime, kernel.' },
  'view.missing_from': {
    type: 'list',
    description:
      'Who looked for longer than the bound and does not know it; who cannot tell is in neither list.',
  },
  'view.known_before': {
    type: 'boolean',
    description: 'One of those that miss it knew it before: it was removed there and runs on.',
  },
  'view.seconds': { type: 'number', description: 'For how long that was so when it was told.' },
  'container.kind': {
    type: 'string',
    description:
      'container; build, a step of BuildKit; namespace, processes in a PID namespace of their own whose control group bears no id.',
  },
  'container.control_group': { type: 'string', description: 'Path of its control group.' },
  'container.outer.id': { type: 'string', description: 'Id of the container within which it runs.' },
  'container.own_root': { type: 'boolean', description: 'Its root is another folder than the host’s.' },
  'container.namespaces': {
    type: 'list',
    description:
      'Namespaces of its first process that are not the host’s: pid, mnt, net, ipc, uts, user, cgroup.',
  },
  'containerd.namespace': {
    type: 'string',
    description: 'Namespace of containerd that its shim was started for.',
  },
}
