#!/bin/sh
# $1 is the root, unpacked and not configured. Leaves the server, its extensions, pgbackrest and what scripts around them
# call; licences stay. The user is called as the first role of a database is, so that it may enter over the socket.
set -eu
cd "$1"
kept=' basename cat chmod cp cut date dd df dirname echo env false head id install ln ls mkdir mktemp mv printf rm rmdir
  sha256sum sleep sort stat sync tail test touch tr true wc '
for tool in $(dpkg-deb --fsys-tarfile var/cache/apt/archives/coreutils_*.deb | tar t | grep 'bin/.'); do
  case "$kept" in *[[:space:]]"${tool##*/}"[[:space:]]*) ;; *) rm -f "$tool" ;; esac
done
find usr/share ! -type d ! -path '*/doc/*/copyright' ! -path 'usr/share/postgresql/15/*' \
  ! -path 'usr/share/zoneinfo/*' -delete
rm -rf usr/share/postgresql/15/man usr/lib/postgresql/15/lib/bitcode usr/lib/postgresql/15/lib/pgxs \
  usr/lib/postgresql/15/lib/llvmjit* usr/lib/*/gconv usr/lib/*/audit usr/share/zoneinfo/right usr/sbin/* sbin/* \
  etc/cron* etc/init.d etc/logrotate.d etc/pgbackrest.conf etc/postgresql* etc/pam.d etc/security etc/sysctl.d \
  usr/lib/systemd lib/systemd usr/bin/ldd usr/bin/iconv usr/bin/localedef usr/bin/pldd \
  usr/bin/tzselect usr/bin/zdump usr/libexec usr/include var/lib/postgresql var/log/* var/lib/pgbackrest
find usr etc var -mindepth 1 -type d -empty -delete
mkdir -p tmp run var/lib/postgresql etc
chmod 1777 tmp
ln -sfn dash bin/sh
rm -rf etc/resolv.conf etc/hostname etc/fstab
: > etc/apt/sources.list # or the image would tell of the builder's mirror
printf 'root:x:0:0::/:/usr/sbin/nologin\npostgres:x:65532:65532::/tmp:/bin/sh\n' > etc/passwd
printf 'root:x:0:\npostgres:x:65532:\n' > etc/group
printf 'hosts: files dns\n' > etc/nsswitch.conf
