import { z } from 'zod'
import { CLUSTER_RESOURCES } from '../inputs/kubernetes-resources.ts'
import { inputName } from './input-words.ts'

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
  })
  .refine(({ kubeconfig, context }) => context === undefined || kubeconfig !== undefined, {
    message: 'a context is one of a kubeconfig: name the file',
    path: ['context'],
  })
