#!/bin/sh
# $1 is the root, unpacked and not configured. Leaves the two programs, their
# templates of messages, the C library and time zones; licences stay. No shell.
set -eu
cd "$1"
find usr/share ! -type d ! -path '*/doc/*/copyright' ! -path '*/zoneinfo/*' ! -name '*.tmpl' -delete
find usr/bin ! -type d ! -name 'prometheus-alertmanager' ! -name 'amtool' -delete
rm -rf etc/cron* etc/default etc/init.d etc/logrotate.d etc/prometheus usr/lib/*/gconv usr/lib/*/audit usr/lib/systemd \
  lib/systemd usr/libexec usr/include var/lib/prometheus var/log/*
find usr etc var -mindepth 1 -type d -empty -delete
mkdir -p tmp alertmanager etc
chmod 1777 tmp alertmanager
rm -rf etc/resolv.conf etc/hostname etc/fstab
: > etc/apt/sources.list # or the image would tell of the builder's mirror
printf 'root:x:0:0::/:/usr/sbin/nologin\nnobody:x:65534:65534::/tmp:/usr/sbin/nologin\n' > etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' > etc/group
printf 'hosts: files dns\n' > etc/nsswitch.conf
