/**
 * Variables whose value is a switch of a library's cryptography, or the path of its configuration: no secret can be
 * what such a library reads there. Of all others the name alone is kept.
 */
const SETTINGS: ReadonlySet<string> = new Set([
  'GIT_SSL_NO_VERIFY',
  'GODEBUG',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NPM_CONFIG_STRICT_SSL',
  'OPENSSL_CONF',
  'PYTHONHTTPSVERIFY',
  'SSLKEYLOGFILE',
  'npm_config_strict_ssl',
])
/** What such a value is made of; anything else was not meant for the library. */
const PLAIN = /^[\w./,=-]{0,128}$/

/** Whether the value of a container's variable may be kept. */
export function isPlainSetting(name: unknown, value: unknown): value is string {
  return typeof name === 'string' && SETTINGS.has(name) && typeof value === 'string' && PLAIN.test(value)
}
