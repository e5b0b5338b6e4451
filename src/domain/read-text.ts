/** The text of a file. Throws where it cannot be read. */
export type ReadText = (file: string) => Promise<string>
