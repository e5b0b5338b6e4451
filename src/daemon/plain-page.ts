/** What a page beside the console says; all of it is HTML of ours. */
interface PlainPage {
  /** Behind the product's name. */
  readonly title: string
  readonly heading: string
  readonly body: string
  readonly head?: string
}

/** A page that needs none of the console's files. Nothing of a request may stand in it. */
export function plainPage({ title, heading, body, head }: PlainPage): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head === undefined ? '' : `${head}\n`}<title>Tallyman: ${title}</title>
<h1>${heading}</h1>
${body}
</html>
`
}
