#!/bin/sh
# $1 is the root, unpacked and not configured. Leaves redis-server, redis-cli and their libraries; licences stay. No shell.
set -eu
cd "$1"
find usr/share ! -type d ! -path '*/doc/*/copyright' -delete
find bin sbin usr/bin usr/sbin ! -type d ! -name 'redis-server' ! -name 'redis-cli' ! -name 'redis-check-rdb' -delete
rm -rf etc/cron* etc/default etc/init.d etc/logrotate.d etc/redis usr/lib/*/gconv usr/lib/*/audit usr/lib/systemd \
  lib/systemd usr/libexec usr/include var/lib/redis var/log/*
find usr etc var -mindepth 1 -type d -empty -delete
mkdir -p tmp run data etc
chmod 1777 tmp
rm -rf etc/resolv.conf etc/hostname etc/fstab
: > etc/apt/sources.list # or the image would tell of the builder's mirror
printf 'root:x:0:0::/:/usr/sbin/nologin\nredis:x:65532:65532::/tmp:/usr/sbin/nologin\n' > etc/passwd
printf 'root:x:0:\nredis:x:65532:\n' > etc/group
printf 'hosts: files dns\n' > etc/nsswitch.conf
