#!/bin/sh
# $1 is the root. The agent calls `clang` alone and compiles with -nostdinc: its one binary is enough, where the package
# would bring gcc, headers of libc and llvm. apt checks the package against the signed archive as any other.
set -eu
cd "$1"
mkdir download
chmod 777 download
(cd download && apt-get -q -o Dir="$1" -o Dir::State::status="$1/var/lib/dpkg/status" -o APT::Sandbox::User=root \
  download clang-16)
dpkg-deb --fsys-tarfile download/clang-16_*.deb | tar x ./usr/lib/llvm-16/bin/clang
rm -r download
ln -s ../lib/llvm-16/bin/clang usr/bin/clang
