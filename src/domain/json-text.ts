/** ECMAScript 2026; TypeScript's library does not name it yet. */
const rawJson = (JSON as unknown as { readonly rawJSON: (text: string) => unknown }).rawJSON.bind(JSON)

/** JSON text of a value that may hold BigInt. */
export function jsonText(value: unknown): string {
  try {
    // a replacer costs several times the text, and hardly any value holds a BigInt
    return JSON.stringify(value) ?? 'null'
  } catch {
    return JSON.stringify(value, (_name, member: unknown) =>
      typeof member === 'bigint' ? rawJson(member.toString()) : member,
    )
  }
}
