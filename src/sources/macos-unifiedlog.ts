import { shippedSource } from './mapped-source.ts'

/** Read as mappings/macos.unifiedlog.yaml says. */
export const macosUnifiedlog = shippedSource('macos.unifiedlog')
