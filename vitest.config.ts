import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// many tests start the program: what was compiled for one need not be compiled for the next
const compiled = fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    env: { TZ: 'UTC', NO_COLOR: '1', NODE_COMPILE_CACHE: compiled },
  },
})
