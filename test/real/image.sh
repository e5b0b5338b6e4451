#!/bin/bash
# image.sh NAME [BINARY|PATH…]   An image of busybox, the named binaries of this machine and the libraries they need;
# what has a slash at its end is copied as it is. No registry. DOCKER names the client and its options; needs Debian's busybox-static.
set -euo pipefail
name=$1
shift
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,etc,tmp,dev,proc,sys,root,home,usr/bin}
chmod 1777 "$root/tmp"
cp /bin/busybox "$root/bin/"
# without "busybox" itself: the link would replace the program
for applet in $(/bin/busybox --list | grep -vx busybox); do ln -s busybox "$root/bin/$applet"; done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
copy() {
  mkdir -p "$root$(dirname "$1")"
  cp -L "$1" "$root$1"
}
for binary in "$@"; do
  if [[ $binary == */ ]]; then
    mkdir -p "$root$(dirname "$binary")"
    cp -rL "${binary%/}" "$root$(dirname "$binary")/"
    continue
  fi
  binary=$(command -v "$binary")
  for file in "$binary" $(ldd "$binary" 2>/dev/null | grep -o '/[^ ]*'); do copy "$file"; done
done
tar -C "$root" -c . | ${DOCKER:-docker} import -c 'CMD ["/bin/sh"]' - "$name"
