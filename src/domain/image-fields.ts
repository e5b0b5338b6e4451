import type { Field } from './field.ts'

/** The image of a container, as its engine describes it. Who built it chose all of that but digests and layers. */
export const IMAGE: Readonly<Record<string, Field>> = {
  'container.image.created': { type: 'string', description: 'When it was built, where that is said.' },
  'container.image.layers': {
    type: 'list',
    description: 'Digests of its layers, unpacked, the lowest first.',
  },
  'container.image.base_layer': { type: 'string', description: 'The lowest of them.' },
  'container.image.history': {
    type: 'list',
    description:
      'How its layers were made, the newest first, as the builder wrote it down; of ENV and ARG the names alone.',
  },
  'container.image.history_cut': { type: 'boolean', description: 'That was too long, and is not all here.' },
  'container.image.user': { type: 'string', description: 'User that it declares; empty for root.' },
  'container.image.entrypoint': { type: 'list', description: 'Entrypoint that it declares.' },
  'container.image.command': { type: 'list', description: 'Command that it declares.' },
  'container.image.env.names': { type: 'list', description: 'Names of the variables that it sets.' },
  'container.image.volumes': { type: 'list', description: 'Folders that it declares as volumes.' },
  'container.image.local': {
    type: 'boolean',
    description: 'It has no digest of a registry: built, committed, imported or loaded there.',
  },
  'container.image.renamed': {
    type: 'boolean',
    description: 'Registries have it under other names alone than the one that the container was made by.',
  },
  'container.image.removed': { type: 'boolean', description: 'The engine no longer has it.' },
}
