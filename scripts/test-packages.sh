#!/bin/sh
# Installs the Debian packages that the tests' real parts need, where they are absent: as root on Debian and its
# kin. Elsewhere it says what is missing; the tests that need it are skipped with that reason.
set -eu
PATH=$PATH:/usr/sbin:/sbin
missing=
need() { command -v "$2" >/dev/null 2>&1 || missing="$missing $1"; }
need docker.io dockerd
need iptables iptables
need iproute2 ip
need bpftrace bpftrace
need python3 /usr/bin/python3
need busybox-static /bin/busybox
need openssl openssl
need tshark tshark
need aide aide
need auditd auditctl
need laurel laurel
need podman podman
need runc runc
need netavark /usr/lib/podman/netavark
need aardvark-dns /usr/lib/podman/aardvark-dns
need catatonit catatonit
need chromium chromium
# Debian 12 has it in its backports alone
late=
command -v suricata >/dev/null 2>&1 || late=suricata
[ -e /usr/share/fonts/truetype/dejavu ] || missing="$missing fonts-dejavu-core"
# the tracepoints, which a machine without systemd does not show by itself
if [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] && [ ! -d /sys/kernel/tracing/events ]; then
  mount -t tracefs nodev /sys/kernel/tracing 2>/dev/null || true
fi
if [ -z "$missing$late" ]; then exit 0; fi
if [ "$(uname -s)" != Linux ] || ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "tests: missing$missing${late:+ $late}. Tests that need them are skipped (they install themselves as root on Debian)." >&2
  exit 0
fi
echo "tests: installing$missing${late:+ $late}" >&2
log=$(mktemp)
lists=$(mktemp -d)
trap 'rm -rf "$log" "$lists"' EXIT
install() {
  DEBIAN_FRONTEND=noninteractive apt-get "$@" install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $wanted >"$log" 2>&1
}
# of the lists of these alone: what the machine installs otherwise stays as it is
from_backports() {
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  for suite in "$release" "$release-backports"; do
    echo "deb http://deb.debian.org/debian $suite main"
  done >"$lists/sources.list"
  mkdir -p "$lists/lists/partial"
  set -- -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$lists/lists"
  apt-get "$@" update -qq >"$log" 2>&1 && install "$@" -t "$release-backports"
}
failed() {
  cat "$log" >&2
  echo "tests: could not install $wanted; see apt's message above" >&2
  if [ -n "${CI:-}" ] || [ -n "${TALLYMAN_REQUIRE_REAL:-}" ]; then exit 1; fi
}
wanted=$missing
if [ -n "$wanted" ] && ! install; then
  apt-get update -qq -o DPkg::Lock::Timeout=300 >"$log" 2>&1 || true
  install || failed
fi
wanted=$late
if [ -n "$wanted" ] && ! install && ! from_backports; then failed; fi
