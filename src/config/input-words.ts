import { z } from 'zod'
import { SOURCE_NAMES } from '../domain/event.ts'
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
