import react from '@vitejs/plugin-react'
import { defineConfig, type ProxyOptions } from 'vite'

/** A daemon to develop against: `tallyman run --port 7410`. */
const DAEMON = process.env['TALLYMAN_URL'] ?? 'http://127.0.0.1:7410'

/** Nothing is inlined: the console is served under a policy that refuses inline scripts and styles. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/api', '/tour/api', '/login'].map((path) => [path, toDaemon()])),
  },
})

/** The daemon answers its own origin only. */
function toDaemon(): ProxyOptions {
  return {
    target: DAEMON,
    changeOrigin: true,
    configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin')),
  }
}
