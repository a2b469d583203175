"""Backups of the real database in a real store: made, seen, out of others' reach, and restored when all is lost."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pg8000.native
import pytest

from govcloud_operators.services.backups import versioned
from govcloud_operators.services.backups.vault import Account, Vault
from govcloud_operators.services.driver import Credentials
from govcloud_operators.services.postgresql import accounts, config
from govcloud_operators.services.postgresql.accounts import PostgresAccounts
from govcloud_operators.services.s3 import buckets
from govcloud_operators.services.s3.gateway import Gateway, Refused
from support import postgresql
from support.backup_store import Site
from support.postgresql import STORAGE_BYTES, Pod, eventually
from support.services import order

# A client that is refused leaves its connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ACCOUNTS = PostgresAccounts()
ORDER = order()
WORD = "a-word-that-is-easy-to-find-on-a-disk"


@pytest.fixture(scope="module")
def vault(site: Site) -> Vault:
    return site.opened("backed-up")


@pytest.fixture(scope="module")
def pod(site: Site, vault: Vault) -> Iterator[Pod]:
    with postgresql.pod(site.authority.pair(), vault) as made:
        made.start()
        made.run("keeper")
        eventually(lambda: accounts.observe(made.door()).last_backup, "the first backup is there")
        yield made


def write(pod: Pod, text: str) -> None:
    pod.sql("create table if not exists note (text text, at timestamptz default clock_timestamp())", "app")
    pod.sql("insert into note (text) values (:text)", "app", text=text)


def notes(pod: Pod) -> list[str]:
    return [row[0] for row in pod.sql("select text from note order by at", "app")]


def as_account(site: Site, account: Account) -> Gateway:
    """The store as one who read an instance's Secret talks to it."""
    return Gateway(
        endpoint=f"https://127.0.0.1:{site.store.port}",
        access_key=account.key,
        secret_key=account.secret,
        authority_pem=site.authority.pair().certificate,
        server_name=site.store.settings.host,
    )


def archived(pod: Pod) -> int:
    return int(pod.sql("select archived_count from pg_stat_archiver")[0][0])


def test_the_first_backup_is_made_at_once_and_seen(pod: Pod) -> None:
    seen = accounts.observe(pod.door())
    assert seen.last_backup is not None
    assert datetime.now(UTC) - seen.last_backup < timedelta(minutes=5)
    assert seen.oldest_restore is not None
    assert seen.backup_trouble == ""
    assert pod.sql("select govcloud.backup_due(:hour)", hour=datetime.now(UTC).hour + 1 & 23) == [[False]]


def test_one_more_is_made_when_asked(pod: Pod) -> None:
    before = accounts.observe(pod.door())
    since = datetime.now(UTC)
    for _ in range(2):
        accounts.want_backup(pod.door(), since)
    after = eventually(
        lambda: (seen := accounts.observe(pod.door())).last_backup != before.last_backup and seen, "one more backup"
    )
    assert after.oldest_restore == before.oldest_restore
    assert pod.sql("select govcloud.backup_due(0)") == [[False]]


@pytest.mark.parametrize(
    ("last", "hour", "due"),
    [
        ("-1 minute", 0, False),
        ("-1 day -1 minute", 0, True),
        ("-1 day -1 minute", 23, True),
        ("-2 days", 12, True),
    ],
)
def test_due_once_a_day_at_the_hour(pod: Pod, last: str, hour: int, due: bool) -> None:
    statement = "select govcloud.backup_due(:hour)"
    pod.stop("keeper")
    kept = pod.sql("select last_backup from govcloud.backup")[0][0]
    try:
        # Between an hour and its last minute nothing is due; midnight itself is the one moment this test avoids.
        pod.sql("update govcloud.backup set last_backup = now() + cast(:last as interval), wanted_at = null", last=last)
        at_midnight = datetime.now(UTC).hour == 0 and datetime.now(UTC).minute < 2
        assert at_midnight or pod.sql(statement, hour=hour) == [[due]]
    finally:
        pod.sql("update govcloud.backup set last_backup = :kept", kept=kept)
        pod.run("keeper")


def test_new_certificates_are_taken_without_a_restart(pod: Pod) -> None:
    session = pod.sql("select pg_postmaster_start_time(), pg_conf_load_time()")[0]
    pod.certify()
    eventually(lambda: pod.sql("select pg_conf_load_time()")[0][0] > session[1], "the server read its files again")
    assert pod.sql("select pg_postmaster_start_time()")[0][0] == session[0]
    assert accounts.observe(pod.door())


def test_last_use_is_told_also_of_short_sessions(pod: Pod) -> None:
    prefix = f"b_{secrets.token_hex(6)}_"
    used, unused = (Credentials(user=f"{prefix}{n}", role="admin", password=secrets.token_hex(12)) for n in (1, 2))
    for credentials in (used, unused):
        ACCOUNTS.ensure(ORDER, pod.door(), credentials)
    assert [one.last_used for one in ACCOUNTS.seen(ORDER, pod.door(), prefix)] == [None, None]
    started = datetime.now(UTC)
    pod.login(used).close()
    with pytest.raises(pg8000.native.DatabaseError):
        pod.login(Credentials(user=unused.user, role="admin", password="wrong"))
    eventually(lambda: ACCOUNTS.seen(ORDER, pod.door(), prefix)[0].last_used, "the use is seen")
    first, second = ACCOUNTS.seen(ORDER, pod.door(), prefix)
    assert first.last_used is not None
    assert abs(first.last_used - started) < timedelta(seconds=10)
    assert second.last_used is None


def test_what_lies_in_the_store_cannot_be_read_there(pod: Pod, site: Site, vault: Vault) -> None:
    write(pod, WORD * 100)
    before = archived(pod)
    accounts.flush(pod.door())
    eventually(lambda: archived(pod) > before, "the log with it is in the store")
    folder = site.store.folder / "data" / "buckets" / vault.bucket
    kept = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert sum(len(content) for content in kept) > 2**20
    assert not any(mark in content for content in kept for mark in (WORD.encode(), b"[backrest]", b"pg_class"))
    assert any(content.startswith(b"Salted__") for content in kept), "as OpenSSL writes what a passphrase closes"


def test_accounts_of_an_instance_reach_their_own_bucket_and_remove_nothing(site: Site, vault: Vault, pod: Pod) -> None:
    other = site.opened("neighbour")
    mine = next(buckets.items(as_account(site, vault.writer), vault.bucket)).key
    for stranger in (other.writer, other.reader, Account(key=vault.writer.key, secret="guessed")):
        for attempt in (buckets.get, lambda gateway, bucket, key: list(buckets.items(gateway, bucket))):
            with pytest.raises(Refused):
                attempt(as_account(site, stranger), vault.bucket, mine)
    writer, reader = as_account(site, vault.writer), as_account(site, vault.reader)
    assert buckets.get(reader, vault.bucket, mine)
    with pytest.raises(Refused):
        buckets.put(reader, vault.bucket, "new", b"")
    buckets.put(writer, vault.bucket, "scratch", b"first")
    buckets.put(writer, vault.bucket, "scratch", b"second")
    buckets.empty(writer, vault.bucket, "scratch")
    assert buckets.get(writer, vault.bucket, "scratch") is None
    root = site.vaults._gateway()
    kept = [found for found in versioned.every(root, vault.bucket) if found.key == "scratch"]
    assert [found.is_deletion for found in kept].count(False) == 2, "both are there for the platform to bring back"
    with pytest.raises(Refused):
        versioned.delete(writer, vault.bucket, kept)
    for attempt in (
        lambda: buckets.set_policy(writer, vault.bucket, None),
        lambda: versioned.keep_versions(writer, vault.bucket),
        lambda: buckets.create(writer, "another"),
        lambda: versioned.remove(writer, vault.bucket),
    ):
        with pytest.raises(Refused):
            attempt()
    versioned.delete(root, vault.bucket, kept)


def test_a_copy_as_it_was_at_a_moment(pod: Pod, site: Site, vault: Vault) -> None:
    issued = Credentials(user=f"b_{secrets.token_hex(6)}_1", role="admin", password=secrets.token_hex(12))
    ACCOUNTS.ensure(ORDER, pod.door(), issued)
    session = pod.login(issued)
    session.run("create table mine (id int)")
    session.close()
    write(pod, "before")
    moment = pod.sql("select clock_timestamp()")[0][0]
    write(pod, "after")
    accounts.flush(pod.door())
    with postgresql.pod(site.authority.pair(), site.opened("copy"), source=vault) as copy:
        child = copy.run("restore", GOVCLOUD_RESTORE_TIME=f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}")
        assert child.wait(120) == 0, copy.log("restore")
        copy.configure()  # from here on it has a bucket of its own
        copy.start()
        assert notes(copy)[-1] == "before"
        assert copy.sql("select count(*) from pg_roles where rolname ~ '^b_'") == [[0]]
        assert copy.sql("select pg_get_userbyid(relowner) from pg_class where relname = 'mine'", "app") == [
            ["app_admin"]
        ]
        assert accounts.observe(copy.door()).last_backup is None
        again = copy.run("restore", GOVCLOUD_RESTORE_TIME="nonsense")
        assert again.wait(20) == 0, "a volume that is filled stays as it is"
    assert notes(pod)[-2:] == ["before", "after"]


def test_a_moment_before_the_first_backup_fails_and_says_so(site: Site, pod: Pod, vault: Vault) -> None:
    with postgresql.pod(site.authority.pair(), site.opened("too-early"), source=vault) as copy:
        child = copy.run("restore", GOVCLOUD_RESTORE_TIME="2001-01-01 00:00:00+00")
        assert child.wait(120) != 0
        assert "unable to find backup set" in copy.log("restore")
        assert not (copy.root / "data" / "pgdata").exists()


def test_a_store_that_is_away_is_told_and_the_database_works_on(pod: Pod, site: Site) -> None:
    before = accounts.observe(pod.door())
    site.store.stop()
    try:
        write(pod, "while the store is away")
        pod.sql("select pg_switch_wal()")
        seen = eventually(
            lambda: (found := accounts.observe(pod.door())).backup_trouble and found, "the trouble is told"
        )
        assert "unable to connect" in seen.backup_trouble
        assert (seen.last_backup, seen.oldest_restore) == (before.last_backup, before.oldest_restore)
        assert eventually(lambda: notes(pod), "the database answers")[-1] == "while the store is away"
    finally:
        site.store.start()
    eventually(lambda: not accounts.observe(pod.door()).backup_trouble, "all is well again")
    eventually(lambda: archived(pod) and not waiting(pod), "what waited is in the store")


def waiting(pod: Pod) -> int:
    found = pod.sql("select count(*) from pg_ls_archive_statusdir() where name like '%.ready'")
    return int(found[0][0])


def test_too_much_that_waits_is_given_up_and_a_new_backup_closes_the_gap(pod: Pod, site: Site, vault: Vault) -> None:
    before = accounts.observe(pod.door())
    files = config.repository_files(vault, retention_days=7, storage_bytes=STORAGE_BYTES, at=pod.at, port=pod.port)
    tight = replace_option(files["pgbackrest.conf"], "archive-push-queue-max", "1")
    pod.mount_backup(files | {"pgbackrest.conf": tight})
    try:
        wanted = "select wanted_at from govcloud.backup"
        since = pod.sql(wanted)
        write(pod, "lost in the gap")
        pod.sql("select pg_switch_wal()")
        eventually(lambda: pod.sql(wanted) != since, "it is seen that some of the log was given up")
    finally:
        pod.mount_backup(files)
    eventually(
        lambda: accounts.observe(pod.door()).last_backup not in (None, before.last_backup),
        "a new backup begins behind it",
    )


def replace_option(text: str, name: str, value: str) -> str:
    return "".join(
        f"{name}={value}\n" if line.startswith(f"{name}=") else line for line in text.splitlines(keepends=True)
    )


def test_a_lost_volume_is_filled_from_the_store_by_itself(site: Site) -> None:
    with postgresql.pod(site.authority.pair(), site.opened("unlucky")) as made:
        made.start()
        made.run("keeper")
        first = eventually(lambda: accounts.observe(made.door()).last_backup, "a backup is there")
        write(made, "before the loss")
        before = archived(made)
        accounts.flush(made.door())
        eventually(lambda: archived(made) > before, "the log is in the store")
        made.stop("keeper")
        made.lose()
        made.start()
        assert notes(made) == ["before the loss"]
        made.run("keeper")
        eventually(lambda: accounts.observe(made.door()).last_backup != first, "a new backup follows at once")
        assert accounts.observe(made.door()).backup_trouble == ""


def test_nothing_is_begun_while_it_is_unknown_whether_there_are_backups(site: Site) -> None:
    vault = site.opened("unknown")
    elsewhere = replace(vault, store=replace(vault.store, port=1))
    with postgresql.pod(site.authority.pair(), elsewhere) as made:
        assert made.run("entry").wait(60) != 0
        assert "so it is not begun" in made.log("entry")
        assert not (Path(made.at.data) / "pgdata").exists()


def test_a_database_of_an_earlier_version_learns_to_tell_of_trouble(pod: Pod) -> None:
    pod.stop("keeper")
    pod.sql("drop view govcloud.backups")
    pod.sql("drop function govcloud.note_trouble")
    pod.sql("alter table govcloud.backup drop column trouble")
    pod.sql("create view govcloud.backups as select last_backup, oldest_restore, wanted_at from govcloud.backup")
    pod.sql("grant select on govcloud.backups to govcloud_operator")
    pod.run("keeper")
    assert eventually(lambda: accounts.observe(pod.door()), "it tells the operator again").last_backup


def test_an_empty_bucket_shows(site: Site) -> None:
    vault = site.opened("emptied")
    with postgresql.pod(site.authority.pair(), vault) as made:
        made.start()
        made.run("keeper")
        eventually(lambda: accounts.observe(made.door()).last_backup, "a backup is there")
        made.stop("keeper")
        made.configure(**{"backup-hour": "nonsense\n"})
        versioned.remove(site.vaults._gateway(), vault.bucket)
        site.vaults.open(vault)
        made.run("keeper")
        eventually(lambda: accounts.observe(made.door()).last_backup is None, "it shows that no backup is left")


def test_a_closed_bucket_can_be_read_and_not_written_and_a_removed_one_is_gone(site: Site) -> None:
    vault = site.opened("closing")
    buckets.put(as_account(site, vault.writer), vault.bucket, "kept", b"content")
    site.vaults.close(vault)
    assert buckets.get(as_account(site, vault.reader), vault.bucket, "kept") == b"content"
    with pytest.raises(Refused):
        buckets.put(as_account(site, vault.writer), vault.bucket, "more", b"")
    site.vaults.sweep(vault, datetime.now(UTC))
    site.vaults.remove(vault)
    site.vaults.remove(vault)
    assert vault.bucket not in site.vaults.buckets()
    with pytest.raises(Refused):
        buckets.get(as_account(site, vault.reader), vault.bucket, "kept")
