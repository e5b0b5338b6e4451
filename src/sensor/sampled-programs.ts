/**
 * Programs whose files are not looked into, by their full paths: package managers, web servers, databases and writers
 * of logs, which write more than all others and nothing that is worth a look. To be passed over, another program has to
 * stand in its place, and writing there is told by itself.
 */
const KNOWN = new Set(
  `/usr/bin/dpkg /usr/bin/dpkg-deb /usr/bin/apt /usr/bin/apt-get /usr/bin/rpm /usr/bin/dnf /usr/bin/dnf5
   /usr/bin/microdnf /usr/bin/yum /sbin/apk /usr/sbin/apk /sbin/ldconfig /usr/sbin/ldconfig /sbin/ldconfig.real
   /usr/sbin/ldconfig.real /usr/sbin/nginx /usr/sbin/apache2 /usr/sbin/httpd /usr/local/apache2/bin/httpd
   /usr/sbin/mysqld /usr/sbin/mariadbd /usr/libexec/mysqld /usr/local/bin/postgres /usr/local/bin/redis-server
   /usr/bin/redis-server /usr/bin/mongod /usr/sbin/rsyslogd /usr/lib/systemd/systemd-journald
   /usr/share/elasticsearch/jdk/bin/java /usr/share/opensearch/jdk/bin/java /bin/prometheus /usr/bin/fluent-bit
   /fluent-bit/bin/fluent-bit`.split(/\s+/),
)
const KNOWN_FOLDERS = /^\/usr\/lib\/(?:apt\/methods|postgresql\/\d+\/bin)\/[\w.-]+$/

/** Whether the files are looked into that a program writes. */
export function isSampled(executable: string | undefined): boolean {
  return executable === undefined || !(KNOWN.has(executable) || KNOWN_FOLDERS.test(executable))
}
