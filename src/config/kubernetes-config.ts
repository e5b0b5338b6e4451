import { z } from 'zod'
import { CLUSTER_RESOURCES } from '../inputs/kubernetes-resources.ts'
import { inputName } from './input-words.ts'
import { durationSchema } from './words.ts'

const RESOURCES = CLUSTER_RESOURCES.map(({ name }) => name)

/** A cluster, whose API server is asked. */
export const kubernetesSchema = z
  .strictObject({
    type: z.literal('kubernetes'),
    name: inputName,
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .describe('Kubeconfig file; the service account of the pod that this runs in, unless told'),
    context: z.string().min(1).optional().describe('Context of the file; its current one unless told'),
    cluster: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        'Name of the cluster, as its audit log has it, if it has one: both tell of one workload then',
      ),
    resources: z
      .array(z.enum(RESOURCES))
      .min(1)
      .default(RESOURCES)
      .describe('What is listed and watched; of Secrets and ConfigMaps the metadata only'),
    probes: z
      .strictObject({
        namespace: z
          .string()
          .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'a name of a namespace')
          .default('tallyman-probes')
          .describe('Where requests are about what is not there; nothing can be made in it'),
        every: durationSchema.default('15m').describe('From one round of requests to the next'),
        within: durationSchema.default('5m').describe('So long a record may be on its way'),
      })
      .optional()
      .describe('Probe the audit log: send harmless requests that have to come back in it'),
  })
  .refine(({ kubeconfig, context }) => context === undefined || kubeconfig !== undefined, {
    message: 'a context is one of a kubeconfig: name the file',
    path: ['context'],
  })
