"""Images of databases hold all that they need to run as an ordinary user on a root that nobody can write to."""

import os
import subprocess
from pathlib import Path

import pytest

from govcloud_infra.bundle import debian, store
from govcloud_infra.components.platform import ledger_files
from govcloud_infra.paths import REPOSITORY
from support.images import unpacked

# $1 is the root of the image. Its namespace of mounts ends with the shell, and with it all that is mounted here.
_PRELUDE = """
set -eu
root=$1
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir "$root/dev"
for node in null urandom; do touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
mount -o remount,bind,ro "$root"
within() { chroot --userspec=65532:65532 --groups= "$root" "$@"; }
start() { exec chroot --userspec=65532:65532 --groups= "$root" "$@"; }
trap 'test -z "${server-}" || kill "$server"; wait' EXIT
try() { for _ in 1 2 3 4 5 6 7 8 9 10; do "$@" > /dev/null 2>&1 && return; sleep 0.5; done; "$@"; }
"""
_POSTGRESQL = (
    _PRELUDE
    + """
export PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 HOME=/tmp PGDATA=/tmp/data PGHOST=/tmp
within initdb --no-sync --auth-local=peer -U postgres > /dev/null
start postgres -c listen_addresses= -c unix_socket_directories=/tmp 2> "$root.log" &
server=$!
try within pg_isready
within psql -At -c 'select current_user' -c 'show lc_collate' -c 'select pg_jit_available()'
within psql -q -c 'create extension pg_trgm' -c 'create extension pgcrypto'
within pgbackrest version
if within touch /stays-out 2> /dev/null; then echo "the root can be written to"; fi
"""
)
_REDIS = (
    _PRELUDE
    + """
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8
start redis-server --port 0 --unixsocket /tmp/socket --dir /tmp --tls-port 0 > "$root.log" &
server=$!
try within redis-cli -e -s /tmp/socket ping
within redis-cli -s /tmp/socket set name value
within redis-cli -s /tmp/socket save
within redis-cli -s /tmp/socket get name
"""
)


# What the ledger's pod does: prepare, serve, and let the accountant in by the user that the system says it is. Its
# backups go to a folder here; then the volume is lost, and fills itself.
_LEDGER = "".join(
    [
        _PRELUDE,
        """
shift
mount -o remount,bind,rw "$root"; mkdir "$root/dev/shm"; mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -o remount,bind,ro "$root"
mkdir "$root/tmp/socket" "$root/tmp/files"; chmod 0777 "$root/tmp/socket"
cp "$@" "$root/tmp/files"; chmod -R a+rX "$root/tmp/files"
cat > "$root/tmp/files/pgbackrest.conf" <<'END'
[global]
repo1-path=/tmp/backups
log-level-file=off
lock-path=/tmp/locks
[main]
pg1-path=/tmp/data/ledger
pg1-socket-path=/tmp/socket
pg1-user=postgres
END
mount --bind "$root/tmp/files/passwd" "$root/etc/passwd"
export PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 HOME=/tmp PGDATA=/tmp/data/ledger
export GOVCLOUD_DATA=/tmp/data GOVCLOUD_PGDATA=/tmp/data/ledger GOVCLOUD_CONFIG=/tmp/files GOVCLOUD_BACKUP=/tmp/files
export GOVCLOUD_RUN=/tmp/run GOVCLOUD_SOCKET=/tmp/socket GOVCLOUD_DATABASE=ledger GOVCLOUD_KEEPER_SECONDS=1
within mkdir /tmp/data /tmp/run /tmp/backups
within sh /tmp/files/prepare.sh /tmp/files > "$root.log" 2>&1
mkdir "$root/tmp/data/ledger.new" # of a run that was killed
within sh /tmp/files/prepare.sh /tmp/files >> "$root.log" 2>&1
sed -i "s,/run/ledger,/tmp/socket,; s,/etc/ledger,/tmp/files," "$root/tmp/files/postgresql.conf"
serve() {
  start postgres -D /tmp/data/ledger -c config_file=/tmp/files/postgresql.conf 2>> "$root.log" &
  server=$!
}
serve
try within pg_isready -q -h /tmp/socket -U postgres -d ledger
accountant() { chroot --userspec=65533:65532 --groups= "$root" psql -h /tmp/socket -U "$1" -d ledger -Atqc "$2" 2>&1; }
accountant accountant "select current_user, count(*) from ledger.charge" || true
accountant accountant "delete from ledger.charge" || true
accountant accountant "drop trigger append_only on ledger.charge" || true
accountant accountant "create table mine ()" || true
accountant postgres "select 1" | sed 's/.*FATAL/FATAL/' || true
within psql -h /tmp/socket -U postgres -d ledger -qc "create table public.mark ()"
start sh /tmp/files/keeper.sh 2>> "$root.log" &
keeper=$!
has_backup() { test "$(accountant accountant 'select last_backup is not null from govcloud.backups')" = t; }
for _ in 1 2 3 4 5 6 7 8 9; do try has_backup && break; done
kill "$keeper" "$server"; wait "$server" || true; server=
rm -rf "$root/tmp/data/ledger"
within sh /tmp/files/prepare.sh /tmp/files >> "$root.log" 2>&1
serve
try within pg_isready -q -h /tmp/socket -U postgres -d ledger
within psql -h /tmp/socket -U postgres -d ledger -Atqc "select 'there again' from pg_tables where tablename = 'mark'"
""",
    ]
)


MONITORING = [f"govcloud_monitoring.{name}" for name in ("serve", "accountant.serve", "window")]


@pytest.fixture(scope="module")
def kept() -> store.Store:
    """The bundle of this machine, which `make test` builds first."""
    return store.Store(store.default_root(os.environ))


@pytest.mark.parametrize(
    ("component", "script", "answer"),
    [
        ("postgresql", _POSTGRESQL, ["postgres", "C.UTF-8", "f", "pgBackRest 2.45"]),
        ("redis", _REDIS, ["OK", "OK", "value"]),
    ],
)
def test_it_runs_without_rights_on_a_read_only_root(
    component: str, script: str, answer: list[str], kept: store.Store, tmp_path: Path
) -> None:
    root = unpacked(kept, component, tmp_path / "root")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", root], capture_output=True, text=True, timeout=120, check=False
    )
    log = Path(f"{root}.log").read_text()
    assert (done.returncode, done.stdout.splitlines()) == (0, answer), done.stderr + log


@pytest.mark.parametrize(("component", "limit_bytes"), [("postgresql", 45_000_000), ("redis", 12_000_000)])
def test_it_is_small_and_its_record_names_what_is_in_it(
    component: str, limit_bytes: int, kept: store.Store, tmp_path: Path
) -> None:
    found = kept.manifest().component(component)
    assert sum(image.size for image in found.images.values()) < limit_bytes
    (entry,) = found.debian.values()
    recorded = debian.Record.model_validate_json(kept.path(entry.sha256).read_text())
    names = {package.name for package in recorded.packages}
    root = unpacked(kept, component, tmp_path / "root")
    assert {p.parent.name for p in root.glob("usr/share/doc/*/copyright")} <= names
    assert not {"perl-base", "libllvm14", "passwd"} & names
    assert not [p for p in root.rglob("*") if p.is_file() and not p.is_symlink() and p.stat().st_mode & 0o6000]


def test_libraries_are_whole(kept: store.Store, tmp_path: Path) -> None:
    root = unpacked(kept, "postgresql", tmp_path / "root")
    programs = [
        p for p in (root / "usr/lib/postgresql/15").glob("*/*") if p.name.endswith(".so") or p.parent.name == "bin"
    ]
    assert len(programs) > 50
    loader = "/" + str(next(root.glob("lib64/ld-linux-*")).relative_to(root))
    for program in [*programs, root / "usr/bin/pgbackrest"]:
        inside = "/" + str(program.relative_to(root))
        done = subprocess.run(["chroot", root, loader, "--list", inside], capture_output=True, text=True, check=False)
        assert "not found" not in done.stdout + done.stderr, (inside, done.stdout)


@pytest.mark.parametrize("program", ["govcloud_operators.main", *MONITORING])
def test_our_own_image_holds_every_library_that_its_programs_name(
    program: str, kept: store.Store, tmp_path: Path
) -> None:
    """Its Python is Debian's, older than a developer's may be."""
    root = unpacked(kept, "govcloud", tmp_path / "root")
    command = ["chroot", root, "/usr/bin/python3", "-c", f"import {program}"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": "/opt/govcloud/app:/opt/govcloud/wheels"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_ledger_lets_its_accountant_append_and_nothing_else(kept: store.Store, tmp_path: Path) -> None:
    root = unpacked(kept, "postgresql", tmp_path / "root")
    command = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", _LEDGER, "sh", root, *ledger_files(REPOSITORY)]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=120)
    log = Path(f"{root}.log")
    assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")
    said = done.stdout.splitlines()
    assert said[0] == "accountant|0"
    assert [line.partition(":  ")[2] for line in said[1:] if line.startswith(("ERROR", "FATAL"))] == [
        "permission denied for table charge",
        "must be owner of relation charge",
        "permission denied for schema public",
        'Peer authentication failed for user "postgres"',
    ], said
    assert said[-1] == "there again", "a lost volume fills itself"
