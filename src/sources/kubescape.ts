import { shippedSource } from './mapped-source.ts'

/** Read as mappings/kubescape.yaml says. */
export const kubescape = shippedSource('kubescape')
