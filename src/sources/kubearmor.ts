import { shippedSource } from './mapped-source.ts'

/** Read as mappings/kubearmor.yaml says. */
export const kubearmor = shippedSource('kubearmor')
