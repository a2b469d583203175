#!/bin/sh
# $1 is the root, unpacked and not configured. Completes what configuring would have done for Python, and drops the
# rest, but for licences. What apt still needs to clean up after itself stays; it is a few files.
set -eu
cd "$1"
ln -sf python3.11 usr/bin/python3
find usr/share ! -type d ! -path '*/doc/*/copyright' -delete
find usr/share -type d -empty -delete
rm -rf usr/bin/dpkg* usr/bin/update-alternatives usr/bin/pygettext3.11 bin/tar usr/sbin sbin \
  etc/cron.daily etc/logrotate.d etc/rmt usr/lib/python3.11/ensurepip usr/lib/python3.11/idlelib \
  usr/lib/python3.11/lib2to3 usr/lib/python3.11/test usr/lib/python3.11/tkinter usr/lib/python3.11/turtle.py \
  usr/lib/python3.11/pydoc_data usr/lib/*/gconv usr/lib/*/perl* usr/lib/*/audit
mkdir -p tmp etc
chmod 1777 tmp
rm -f etc/resolv.conf etc/hostname
echo 'govcloud:x:65532:65532::/tmp:/usr/sbin/nologin' > etc/passwd
echo 'govcloud:x:65532:' > etc/group
echo 'hosts: files dns' > etc/nsswitch.conf
# Configuring would have compiled the library too; a container with a read-only root would do it at every start.
chroot . /usr/bin/python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.11
