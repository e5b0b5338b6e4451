import { shippedSource } from './mapped-source.ts'

/** Read as mappings/gcp.audit.yaml says. */
export const gcpAudit = shippedSource('gcp.audit')
