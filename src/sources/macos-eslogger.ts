import { shippedSource } from './mapped-source.ts'

/** Read as mappings/macos.eslogger.yaml says. */
export const macosEslogger = shippedSource('macos.eslogger')
