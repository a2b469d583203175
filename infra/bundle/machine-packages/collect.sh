#!/bin/sh
# $1 is a bare Debian. Leaves machine-packages.tar in it: all that machine-rootfs/packages.txt needs beyond what is there,
# and an index that apt reads. Packages of one source must fit each other, so those that are there come along as well.
set -eu
list=$(dirname "$0")/../machine-rootfs/packages.txt
names=$(sed 's/#.*//' "$list")
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" LC_ALL=C.UTF-8
cd "$1"
rm -f var/cache/apt/archives/*.deb
# shellcheck disable=SC2086 # names are words
apt-get -q -y --no-install-recommends --download-only install $names
mkdir debs
mv var/cache/apt/archives/*.deb debs

for deb in debs/*.deb; do
  dpkg-deb --show --showformat '${source:Package}\n' "$deb"
done | sort -u > sources
dpkg-query --admindir=var/lib/dpkg --show --showformat '${source:Package} ${Package}=${Version}\n' |
  awk 'NR == FNR { wanted[$1]; next } $1 in wanted { print $2 }' sources - > together
# shellcheck disable=SC2046 # names are words
test ! -s together || (cd debs && apt-get -q -o APT::Sandbox::User=root download $(cat ../together))

for deb in debs/*.deb; do
  dpkg-deb --show --showformat '${Package}=${Version}\n' "$deb"
done > versions
# The index is that of the signed archive, which apt has checked, with files named as they lie here. A package that two
# parts of the archive hold is listed once.
# shellcheck disable=SC2046 # names are words
apt-cache show $(cat versions) | awk -v RS= -v ORS='\n\n' '
  match($0, /\nFilename: [^\n]*/) {
    path = substr($0, RSTART + 11, RLENGTH - 11); n = split(path, parts, "/")
    if (!seen[parts[n]]++) print substr($0, 1, RSTART) "Filename: ./" parts[n] substr($0, RSTART + RLENGTH)
  }' > debs/Packages
# apt writes the epoch into the name of a file, the archive does not.
for deb in debs/*%3a*.deb; do
  test ! -e "$deb" || mv "$deb" "$(echo "$deb" | sed 's/_[0-9]*%3a/_/')"
done
tar --create --file machine-packages.tar --sort=name --format=ustar --mtime="@$SOURCE_DATE_EPOCH" --mode=a=rX,u+w \
  --owner=0 --group=0 --numeric-owner --directory debs .
# What this root stands for is what the file holds: the builder records packages and licences from these two places.
sed 's/^Package: .*/&\nStatus: install ok installed/' debs/Packages > var/lib/dpkg/status
rm -r usr
mkdir -p usr/share/doc
for deb in debs/*.deb; do
  # A package whose documentation is a link to that of another has none of its own.
  dpkg-deb --fsys-tarfile "$deb" | tar x --wildcards './usr/share/doc/*/copyright' 2> /dev/null || true
done
rm -r debs sources together versions
