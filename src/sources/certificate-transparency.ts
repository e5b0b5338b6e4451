import { shippedSource } from './mapped-source.ts'

/** Read as mappings/certificate.transparency.yaml says. */
export const certificateTransparency = shippedSource('certificate.transparency')
