import { afterAll, beforeAll } from 'vitest'
import { missingForBrowser, startBrowser, type TestBrowser } from './browser.ts'

/** One browser for all tests of a file, started before them and closed after them; throws where there is none. */
export function browserOfFile(): () => TestBrowser {
  let browser: TestBrowser | undefined
  beforeAll(async () => {
    if (missingForBrowser().length === 0) browser = await startBrowser()
  })
  afterAll(() => browser?.close())
  return () => {
    if (browser === undefined) throw new Error('no browser')
    return browser
  }
}
