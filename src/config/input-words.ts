import { z } from 'zod'
import { SOURCE_NAMES } from '../domain/event.ts'
import { mappingSchema } from '../mapping/mapping.ts'
import { nameSchema } from './words.ts'

/** What inputs of every kind are told. */
export const inputName = nameSchema(
  'Unique name: checkpoints are kept under it. Changing it starts the input anew.',
)
export const inputSources = z
  .array(z.enum(SOURCE_NAMES))
  .min(1)
  .optional()
  .describe(
    'Sources as which it may speak; records of others are refused by name. Left out, whoever can write to it speaks as any source for any container',
  )
export const inputMapping = z
  .union([z.string().min(1), mappingSchema])
  .optional()
  .describe(
    'How JSON of another format is read, as the source custom: a file, or the mapping itself (docs/mapping.md)',
  )
