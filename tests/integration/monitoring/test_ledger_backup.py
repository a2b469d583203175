"""The ledger's own backups, on a real PostgreSQL and a real store, by its pod's scripts: kept, and come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_monitoring.ledger.charge import Statement
from govcloud_monitoring.ledger.hour import statement
from govcloud_monitoring.ledger.refusals import AlreadyClosed
from govcloud_operators.services.backups import versioned
from govcloud_operators.services.backups.vault import LEDGER, Vault
from support import backup_store, ledger_pod
from support.backup_store import Site
from support.ledger import START, held, hour, usage
from support.ledger_pod import LedgerPod
from support.postgresql import eventually

HOURS = count()
MUCH = """
create table public.much (text text);
insert into public.much select md5(i::text) from generate_series(1, 400000) i;
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with backup_store.site(tmp_path_factory.mktemp("backup-store")) as made:
        yield made


@pytest.fixture
def vault(site: Site) -> Iterator[Vault]:
    """The ledger's place, empty."""
    made = site.authority.platform_vault(LEDGER)
    site.vaults.open(made)
    yield made
    site.vaults.remove(made)


@pytest.fixture
def pod(vault: Vault) -> Iterator[LedgerPod]:
    """A new ledger with a first backup."""
    with ledger_pod.pod(vault) as made:
        made.start()
        eventually(lambda: newest(made), "the first backup is there")
        yield made


def newest(pod: LedgerPod) -> datetime | None:
    with pod.ledger() as ledger:
        return ledger.backup().last_backup


def an_hour() -> Statement:
    start = START + timedelta(hours=next(HOURS))
    return statement(hour(usage("tax", held(cores=3)), capacity=held(cores=8), start=start))


def close(pod: LedgerPod, *hours: Statement) -> None:
    with pod.ledger() as ledger:
        for each in hours:
            ledger.close_hour(each)


def everything(pod: LedgerPod) -> dict[str, Any]:
    """All rows of all tables, and what people read of them."""
    tables = ("pool_hour", "charge", "department_hour", "recommendation")
    rows = {name: pod.psql(f"table ledger.{name}") for name in tables}
    with pod.ledger() as ledger:
        return rows | {"month": ledger.month(date(START.year, START.month, 1)), "totals": ledger.totals()}


def test_a_lost_volume_is_filled_from_the_store_and_the_ledger_goes_on(pod: LedgerPod) -> None:
    first = an_hour()
    close(pod, first, an_hour(), an_hour())
    pod.remember()
    before, backup = everything(pod), newest(pod)
    assert before["charge"]
    pod.lose()
    pod.start()
    assert everything(pod) == before
    with pytest.raises(AlreadyClosed):
        close(pod, first)
    with pytest.raises(errors.NotReady, match="append-only"):
        pod.psql("delete from ledger.charge")
    close(pod, an_hour())
    eventually(lambda: newest(pod) not in (None, backup), "a new backup follows at once")
    after = everything(pod)
    pod.remember()
    pod.lose()
    pod.start()
    assert everything(pod) == after, "and a second time"


def test_the_figures_say_how_backups_stand(pod: LedgerPod, site: Site) -> None:
    with pod.ledger() as ledger:
        found = ledger.backup()
    assert found.last_backup is not None
    assert abs(found.last_backup - datetime.now(UTC)) < timedelta(minutes=5)
    site.store.stop()
    try:
        close(pod, an_hour())
        pod.psql("select pg_switch_wal()")

        def waiting() -> float:
            with pod.ledger() as ledger:
                return ledger.backup().waiting_seconds

        eventually(lambda: waiting() > 3, "something waits")
        trouble = "select trouble from govcloud.backups"
        eventually(lambda: "unable to connect" in pod.psql(trouble), "and it is said why")
        pod.die()
        pod.start()
        close(pod, an_hour())
        assert newest(pod) == found.last_backup, "a volume that is there needs no store, and what was known stays"
    finally:
        site.store.start()
    eventually(lambda: waiting() == 0, "what waited is in the store")
    eventually(lambda: pod.psql(trouble) == "", "all is well again")


def test_one_more_is_made_when_asked(pod: LedgerPod) -> None:
    before = newest(pod)
    pod.psql("select govcloud.want_backup(now())")
    eventually(lambda: newest(pod) not in (None, before), "one more backup")
    assert pod.psql(f"select govcloud.backup_due({(datetime.now(UTC).hour + 1) % 24})") == "f"


def test_nothing_is_begun_while_the_store_cannot_be_asked(vault: Vault, site: Site) -> None:
    with ledger_pod.pod(vault, repo1_storage_port="1") as away:
        assert away.prepare() != 0
        assert "so it is not begun" in away.log("prepare")
        assert not list((away.root / "data").iterdir())
    site.vaults.remove(vault)
    with ledger_pod.pod(vault) as without:
        assert without.prepare() != 0, "no bucket, and no account: nobody said that there are no backups"
        assert not list((without.root / "data").iterdir())
        site.vaults.open(vault)
        assert without.prepare() == 0, "now the store says that there are none"
        assert (without.root / "data/ledger/PG_VERSION").exists()


def test_a_secret_of_another_authority_opens_nothing_and_begins_nothing(pod: LedgerPod, vault: Vault) -> None:
    other = replace(vault, passphrase="0" * 64)
    with ledger_pod.pod(other) as stranger:
        assert stranger.prepare() != 0
        assert not list((stranger.root / "data").iterdir())


def test_a_second_other_ledger_overwrites_nothing(pod: LedgerPod, vault: Vault) -> None:
    close(pod, an_hour())
    pod.remember()
    before, known = everything(pod), newest(pod)
    nowhere = {"repo1_type": "posix", "repo1_path": "/nowhere"}
    with ledger_pod.pod(vault, **nowhere) as second:
        assert second.prepare() == 0, "somebody begins one by hand"
        second.configure(vault)
        second.serve()
        second.run("keeper")
        second.psql("select govcloud.flush(); select pg_switch_wal()")
        eventually(lambda: "do not match" in second.log("keeper"), "its keeper says what is wrong")
        eventually(lambda: "archive-push" in second.log("postgresql") or "system-id" in second.log("postgresql"), "and")
        with second.ledger() as ledger:
            assert ledger.backup().last_backup is None
        assert second.psql("select archived_count from pg_stat_archiver") == "0"
    assert newest(pod) == known
    pod.lose()
    pod.start()
    assert everything(pod) == before


def test_a_ledger_that_was_never_backed_up_is_from_now_on(vault: Vault) -> None:
    """What an earlier version left on the volume."""
    with ledger_pod.pod(vault) as made:
        assert made.prepare() == 0
        settings = made.root / "etc/ledger/postgresql.conf"
        kept = settings.read_text()
        settings.write_text(re.sub(r"(?m)^archive_mode.*$", "archive_mode = off", kept))
        made.serve()
        made.psql("drop schema govcloud cascade")
        close(made, an_hour())
        made.stop("postgresql")
        settings.write_text(kept)
        made.start()
        eventually(lambda: newest(made), "its first backup")
        close(made, an_hour())
        made.remember()
        before = everything(made)
        made.lose()
        made.start()
        assert everything(made) == before


def test_the_log_has_no_hole_where_the_pod_began_anew(pod: LedgerPod) -> None:
    """What the init container writes is part of it: a whole file and more."""
    for _ in range(2):
        close(pod, an_hour())
        pod.stop("keeper")
        pod.stop("postgresql")
        extra = pod.root / "etc/ledger/grants.sql"
        kept = extra.read_text()
        extra.write_text(kept + MUCH)
        assert pod.prepare() == 0, pod.log("prepare")[-2000:]
        extra.write_text(kept + "drop table public.much;")
        pod.start()
        extra.write_text(kept)
    close(pod, an_hour())
    pod.remember()
    before = everything(pod)
    pod.lose()
    pod.start()
    assert everything(pod) == before


def test_a_store_that_is_away_does_not_fill_the_volume(vault: Vault, site: Site) -> None:
    with ledger_pod.pod(vault, archive_push_queue_max=str(40 * 2**20)) as made:
        made.start()
        eventually(lambda: newest(made), "the first backup is there")
        known = newest(made)
        site.store.stop()
        try:
            for _ in range(6):
                made.psql("select govcloud.flush(); select pg_switch_wal()")
            close(made, an_hour())
            eventually(lambda: (made.root / "run/backup/gap").exists(), "some of the log was given up")
        finally:
            site.store.start()
        eventually(lambda: newest(made) not in (None, known), "a new backup begins behind the hole")
        made.remember()
        before = everything(made)
        made.lose()
        made.start()
        assert everything(made) == before


def test_a_store_that_lost_everything_is_filled_again(pod: LedgerPod, site: Site, vault: Vault) -> None:
    close(pod, an_hour())
    before = newest(pod)
    versioned.remove(site.vaults._gateway(), vault.bucket)
    site.vaults.open(vault)
    eventually(lambda: newest(pod) not in (None, before), "a new backup")
    pod.remember()
    rows = everything(pod)
    pod.lose()
    pod.start()
    assert everything(pod) == rows
