#!/bin/sh
# $1 is the root. Removes what belongs to one host only and stops what a machine in a container has no use for.
set -eu
cd "$1"
rm -f etc/ssh/ssh_host_* var/lib/dbus/machine-id var/cache/ldconfig/aux-cache etc/resolv.conf etc/hostname
: > etc/machine-id
: > etc/resolv.conf
echo localhost > etc/hostname
rm -rf var/lib/apt/lists/* var/cache/apt/* var/log/apt var/log/*.log usr/share/man/* usr/share/locale/*
# Documentation goes; the licence of each package stays, since the bundle is handed on.
find usr/share/doc ! -type d ! -name copyright -delete
find usr/share/doc -mindepth 1 -type d -empty -delete
mkdir -p var/lib/apt/lists/partial var/cache/apt/archives/partial var/log/apt
chroot . systemctl mask -q systemd-networkd-wait-online systemd-logind getty.target e2scrub_all.timer \
  apt-daily.timer apt-daily-upgrade.timer fstrim.timer
# Packages switch these on; the playbooks do, where they belong.
chroot . systemctl disable -q haproxy keepalived auditd
