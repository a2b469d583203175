"""Backups of the real database: on schedule, on demand, seen from outside, restored to a moment into another one."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pg8000.native
import pytest

from govcloud_operators.services import certificates
from govcloud_operators.services.driver import Credentials
from govcloud_operators.services.postgresql import accounts, config
from govcloud_operators.services.postgresql.accounts import PostgresAccounts
from support import postgresql
from support.postgresql import MEMORY_BYTES, Pod, eventually
from support.services import order

# A client that is refused leaves its connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ACCOUNTS = PostgresAccounts()
ORDER = order()


@pytest.fixture(scope="module")
def authority() -> certificates.Pair:
    return certificates.new_authority(datetime.now(UTC))


@pytest.fixture(scope="module")
def pod(authority: certificates.Pair) -> Iterator[Pod]:
    with postgresql.pod(authority) as made:
        made.start()
        made.run("keeper")
        eventually(lambda: accounts.observe(made.door()).last_backup, "the first backup is there")
        yield made


def write(pod: Pod, text: str) -> None:
    pod.sql("create table if not exists note (text text, at timestamptz default clock_timestamp())", "app")
    pod.sql("insert into note (text) values (:text)", "app", text=text)


def notes(pod: Pod) -> list[str]:
    return [row[0] for row in pod.sql("select text from note order by at", "app")]


def test_the_first_backup_is_made_at_once_and_seen(pod: Pod) -> None:
    seen = accounts.observe(pod.door())
    assert seen.last_backup is not None
    assert datetime.now(UTC) - seen.last_backup < timedelta(minutes=5)
    assert seen.oldest_restore is not None
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


def test_a_repository_that_is_gone_shows(authority: certificates.Pair) -> None:
    with postgresql.pod(authority) as made:
        made.start()
        made.run("keeper")
        eventually(lambda: accounts.observe(made.door()).last_backup, "a backup is there")
        made.stop("keeper")
        shutil.rmtree(Path(made.at.backup) / "repo")
        made.configure(**{"backup-hour": "nonsense\n"})
        made.run("keeper")
        eventually(lambda: accounts.observe(made.door()).last_backup is None, "it shows that no backup is left")


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


def test_a_copy_as_it_was_at_a_moment(pod: Pod, authority: certificates.Pair) -> None:
    issued = Credentials(user=f"b_{secrets.token_hex(6)}_1", role="admin", password=secrets.token_hex(12))
    ACCOUNTS.ensure(ORDER, pod.door(), issued)
    session = pod.login(issued)
    session.run("create table mine (id int)")
    session.close()
    write(pod, "before")
    moment = pod.sql("select clock_timestamp()")[0][0]
    write(pod, "after")
    accounts.flush(pod.door())
    with postgresql.pod(authority, backup_of=pod) as copy:
        child = copy.run("restore", GOVCLOUD_RESTORE_TIME=f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}")
        assert child.wait(120) == 0, copy.log("restore")
        # From here on it has a repository of its own.
        own = copy.root / "backup"
        files = config.files(memory_bytes=MEMORY_BYTES, retention_days=7, backup_hour=2, at=copy.at, port=copy.port)
        moved = {name: text.replace(copy.at.backup, str(own)) for name, text in files.items()}
        copy.configure(**{"pgbackrest.conf": moved["pgbackrest.conf"]})
        copy.start()
        assert notes(copy) == ["before"]
        assert copy.sql("select count(*) from pg_roles where rolname ~ '^b_'") == [[0]]
        assert copy.sql("select pg_get_userbyid(relowner) from pg_class where relname = 'mine'", "app") == [
            ["app_admin"]
        ]
        assert accounts.observe(copy.door()).last_backup is None
        again = copy.run("restore", GOVCLOUD_RESTORE_TIME="nonsense")
        assert again.wait(20) == 0, "a volume that is filled stays as it is"
    assert notes(pod)[-2:] == ["before", "after"]


def test_a_moment_before_the_first_backup_fails_and_says_so(pod: Pod, authority: certificates.Pair) -> None:
    with postgresql.pod(authority, backup_of=pod) as copy:
        child = copy.run("restore", GOVCLOUD_RESTORE_TIME="2001-01-01 00:00:00+00")
        assert child.wait(120) != 0
        assert "unable to find backup set" in copy.log("restore")
        assert not (copy.root / "data" / "pgdata").exists()
