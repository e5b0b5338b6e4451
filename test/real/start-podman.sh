#!/bin/bash
# A real Podman service for tests. Usage: start-podman.sh FOLDER
#   root; Debian's podman runc netavark aardvark-dns catatonit busybox-static.
# Prints "ready FOLDER/podman.sock" when it answers, then stays. SIGTERM or the end of standard input ends it.
set -uo pipefail
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
sed "s|RUNC_NOSYSRES|$here/runc-nosysres|" "$here/podman-containers.conf" >"$folder/containers.conf"
sed "s|PODMAN_FOLDER|$folder|" "$here/podman-storage.conf" >"$folder/storage.conf"
export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf
podman system service --time=0 "unix://$folder/podman.sock" >"$folder/podman.log" 2>&1 </dev/null &
service=$!
cleanup() {
  trap '' EXIT TERM INT HUP PIPE
  timeout 30 podman rm -f -t 0 -a >/dev/null 2>&1
  kill "$service" 2>/dev/null
  for mounted in $(grep -o " $folder[^ ]*" /proc/mounts | sort -r); do umount -l "$mounted" 2>/dev/null; done
  rm -rf "$folder"
  exit 0
}
trap cleanup EXIT TERM INT HUP
for _ in $(seq 200); do [ -S "$folder/podman.sock" ] && break; sleep 0.05; done
DOCKER=podman "$here/image.sh" test/busybox:1 >/dev/null 2>&1
echo "ready $folder/podman.sock"
while read -r _; do :; done
