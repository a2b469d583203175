"""The database as it runs in a pod: made once, TLS only, accounts, renewal, revocation."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pg8000.native
import pytest

from govcloud_api import errors
from govcloud_operators.services import certificates
from govcloud_operators.services.driver import Credentials, Role
from govcloud_operators.services.postgresql import accounts, figures
from govcloud_operators.services.postgresql.accounts import PostgresAccounts
from support import postgresql
from support.backup_store import Site
from support.postgresql import Pod, eventually, hang_up
from support.services import order

# A client that is refused leaves its connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ACCOUNTS = PostgresAccounts()
ORDER = order()


@pytest.fixture(scope="module")
def authority(site: Site) -> certificates.Pair:
    return site.authority.pair()


@pytest.fixture(scope="module")
def pod(site: Site) -> Iterator[Pod]:
    with postgresql.pod(site.authority.pair(), site.opened("logins")) as made:
        made.start()
        yield made


def login(number: int, role: Role = "rw", *, seconds: float | None = None) -> Credentials:
    until = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    name = f"b_{secrets.token_hex(6)}_{number}"
    return Credentials(user=name, role=role, password=secrets.token_urlsafe(24), valid_until=until)


def issued(pod: Pod, role: Role = "rw", number: int = 1) -> Credentials:
    made = login(number, role)
    ACCOUNTS.ensure(ORDER, pod.door(), made)
    return made


def refused(pod: Pod, credentials: Credentials, *, tls: bool = True, database: str = "app") -> str:
    with pytest.raises((pg8000.native.DatabaseError, pg8000.native.InterfaceError)) as error:
        pod.login(credentials, tls=tls, database=database)
    return str(error.value)


def test_no_password_of_the_superuser_exists(pod: Pod) -> None:
    found = pod.sql("select rolname, rolcanlogin, rolsuper, rolpassword is null from pg_authid where rolsuper")
    assert found == [["postgres", True, True, True]]
    anybody = Credentials(user="postgres", role="admin", password="postgres")
    assert "pg_hba.conf rejects" in refused(pod, anybody)
    assert pod.sql("show data_checksums") == [["on"]]


def test_only_the_operators_certificate_opens_the_operators_login(pod: Pod, authority: certificates.Pair) -> None:
    now = datetime.now(UTC)
    stranger = certificates.client(certificates.new_authority(now), certificates.OPERATOR_NAME, now)
    somebody = certificates.client(authority, "somebody", now)
    server = certificates.server(authority, certificates.OPERATOR_NAME, ["x"], now)
    for pair in (stranger, somebody, server):
        with pytest.raises(errors.NotReady):
            accounts.observe(pod.door(certificate=pair))
    with accounts.session(pod.door(), "postgres") as session:
        assert session.run("select session_user, current_setting('search_path')") == [
            ["govcloud_operator", "pg_catalog, pg_temp"]
        ]


def test_the_operator_checks_the_servers_name(pod: Pod) -> None:
    with pytest.raises(errors.NotReady, match="does not answer"):
        accounts.observe(dataclasses.replace(pod.door(), server_name="svc-other.tax-portal-dev"))


def test_a_password_works_over_tls_only(pod: Pod) -> None:
    made = issued(pod)
    pod.login(made).close()
    assert "pg_hba.conf rejects" in refused(pod, made, tls=False)
    assert "pg_hba.conf rejects" in refused(pod, made, database="postgres")
    wrong = Credentials(user=made.user, role="rw", password="wrong")
    assert "password authentication failed" in refused(pod, wrong)


@pytest.mark.parametrize(
    ("role", "reads", "writes", "creates"),
    [("ro", True, False, False), ("rw", True, True, False), ("admin", True, True, True)],
)
def test_roles(pod: Pod, role: Role, reads: bool, writes: bool, creates: bool) -> None:
    admin = pod.login(issued(pod, "admin"))
    admin.run("create table if not exists thing (id serial primary key, text text)")
    admin.run("insert into thing (text) values ('one')")
    session = pod.login(issued(pod, role))
    for statement, allowed in (
        ("select * from thing", reads),
        ("insert into thing (text) values ('two')", writes),
        ("update thing set text = 'three'", writes),
        ("delete from thing", writes),
        ("alter table thing add column more int", creates),
        ("create table thing_2 (id int)", creates),
        ("create schema more", creates),
        ("create role stranger", False),
        ("select pg_read_file('/etc/passwd')", False),
        ("copy (select 1) to program 'id'", False),
        ("alter system set fsync = off", False),
        ("create extension dblink", False),
        ("set role govcloud_operator", False),
        ("set role postgres", False),
        ("select govcloud.flush()", False),
        ("drop database app", False),
    ):
        session.run("begin")
        try:
            session.run(statement)
            done = True
        except pg8000.native.DatabaseError:
            done = False
        session.run("rollback")
        assert done == allowed, f"{role}: {statement}"
    session.close()
    admin.close()


def test_ensure_twice_is_the_same_and_changes_the_password(pod: Pod) -> None:
    made = issued(pod, "ro")
    again = Credentials(user=made.user, role="rw", password="another-password")
    for _ in range(2):
        ACCOUNTS.ensure(ORDER, pod.door(), again)
    assert "password authentication failed" in refused(pod, made)
    session = pod.login(again)
    groups = session.run(
        "select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.roleid"
        " where m.member = :me::regrole order by 1",
        me=made.user,
    )
    session.close()
    assert groups == [["app_login"], ["app_rw"]]


def test_passwords_never_reach_the_servers_log(pod: Pod) -> None:
    made = issued(pod)
    session = pod.login(made)
    with pytest.raises(pg8000.native.DatabaseError):
        session.run(f"alter role {made.user} with password 'clear-text-word' nonsense")
    session.close()
    logs = "".join(file.read_text() for file in (pod.root / "run" / "log").iterdir())
    assert made.user in logs
    assert made.password not in logs
    assert "clear-text-word" not in logs
    assert "SCRAM-SHA-256$" not in logs


def test_remove_ends_open_sessions_and_keeps_what_was_made(pod: Pod) -> None:
    made = issued(pod, "admin")
    session = pod.login(made)
    table = f"t_{secrets.token_hex(4)}"
    session.run(f"create table {table} (id int)")
    session.run("reset role")
    session.run("create temp table mine (id int)")
    started = datetime.now(UTC)
    ACCOUNTS.remove(ORDER, pod.door(), made.user)
    with pytest.raises((pg8000.native.DatabaseError, pg8000.native.InterfaceError, OSError)):
        session.run("select 1")
    hang_up(session)
    assert datetime.now(UTC) - started < timedelta(seconds=5)
    assert "password authentication failed" in refused(pod, made) or "pg_hba.conf rejects" in refused(pod, made)
    assert pod.sql("select count(*) from pg_roles where rolname = :name", name=made.user) == [[0]]
    owner = "select pg_get_userbyid(relowner) from pg_class where relname = :name"
    assert pod.sql(owner, "app", name=table) == [["app_admin"]]
    ACCOUNTS.remove(ORDER, pod.door(), made.user)


def open_all(pod: Pod, credentials: Credentials, sessions: list[Any]) -> None:
    """Open sessions until the server takes no more."""
    while len(sessions) < 200:
        sessions.append(pod.login(credentials))


def test_a_program_that_takes_every_connection_is_ended_all_the_same(pod: Pod) -> None:
    made = issued(pod)
    sessions: list[Any] = []
    with pytest.raises(pg8000.native.DatabaseError, match="too many connections"):
        open_all(pod, made, sessions)
    assert len(sessions) > 20
    ACCOUNTS.remove(ORDER, pod.door(), made.user)
    assert pod.sql("select count(*) from pg_stat_activity where usename = :name", name=made.user) == [[0]]
    for session in sessions:
        hang_up(session)


def test_what_a_login_made_as_itself_goes_to_the_group(pod: Pod) -> None:
    made = issued(pod, "admin")
    session = pod.login(made)
    schema = f"s_{secrets.token_hex(4)}"
    session.run(f"create schema {schema}")
    session.run(f"grant create, usage on schema {schema} to {made.user}")
    session.run("reset role")
    session.run(f"create table {schema}.own (id int)")
    session.run(f"create function {schema}.trap() returns int language sql as 'select 1'")
    ACCOUNTS.remove(ORDER, pod.door(), made.user)
    hang_up(session)
    assert pod.sql("select pg_get_userbyid(relowner) from pg_class where relname = 'own'", "app") == [["app_admin"]]


def test_the_old_password_ends_and_its_session_does_not(pod: Pod) -> None:
    old = login(1, seconds=2)
    ACCOUNTS.ensure(ORDER, pod.door(), old)
    session = pod.login(old)
    new = Credentials(user=f"{old.user[:-1]}2", role="rw", password="next-password")
    ACCOUNTS.ensure(ORDER, pod.door(), new)
    pod.login(new).close()
    eventually(lambda: datetime.now(UTC) > (old.valid_until or datetime.now(UTC)), "the old one is past its end")
    assert "password authentication failed" in refused(pod, old)
    assert session.run("select 1") == [[1]]
    seen = ACCOUNTS.seen(ORDER, pod.door(), old.user[:-1])
    assert [one.user for one in seen] == [old.user, new.user]
    assert seen[0].valid_until is not None
    assert abs(seen[0].valid_until - (old.valid_until or datetime.now(UTC))) < timedelta(seconds=1)
    assert seen[1].valid_until is None
    ACCOUNTS.remove(ORDER, pod.door(), old.user)
    with pytest.raises((pg8000.native.DatabaseError, pg8000.native.InterfaceError, OSError)):
        session.run("select 1")
    hang_up(session)
    pod.login(new).close()


@pytest.mark.parametrize("name", ['x"; drop role app_rw; --', "postgres", "b_1", "b_0123456789ab_1\n", "app_rw "])
def test_names_that_are_not_ours_reach_no_statement(pod: Pod, name: str) -> None:
    with pytest.raises(ValueError, match="not a login"):
        ACCOUNTS.ensure(ORDER, pod.door(), Credentials(user=name, role="rw", password="x"))
    with pytest.raises(ValueError, match="not a login"):
        ACCOUNTS.remove(ORDER, pod.door(), name)


def test_a_server_that_does_not_answer_is_not_ready(pod: Pod) -> None:
    nowhere = dataclasses.replace(pod.door(), port=1)
    with pytest.raises(errors.NotReady, match="does not answer"):
        ACCOUNTS.seen(ORDER, nowhere, "b_")


def test_open_connections_and_the_size_are_as_the_server_has_them(pod: Pod) -> None:
    made = issued(pod, "admin")
    before = accounts.observe(pod.door()).figures
    assert before.connections is not None
    sessions = [pod.login(made) for _ in range(7)]
    sessions[0].run("create table filling as select repeat('x', 1000) from generate_series(1, 5000)")
    full = accounts.observe(pod.door()).figures
    sizes = pod.sql("select sum(pg_database_size(datname))::bigint from pg_database")
    sessions[0].run("drop table filling")
    for session in sessions:
        session.close()
    assert full.connections == before.connections + 7, "the operator's own session is none of them"
    assert [[full.stored_bytes]] == sizes
    assert before.stored_bytes is not None
    assert full.stored_bytes is not None
    assert full.stored_bytes - before.stored_bytes > 5_000_000
    eventually(lambda: accounts.observe(pod.door()).figures.connections == before.connections, "they are gone")


def test_as_many_connections_are_allowed_as_programs_get(pod: Pod) -> None:
    made = issued(pod)
    before = accounts.observe(pod.door()).figures
    assert before.connections is not None
    assert before.connections_allowed is not None
    sessions = [pod.login(made) for _ in range(before.connections_allowed - before.connections)]
    assert "too many connections" in refused(pod, made)
    full = accounts.observe(pod.door()).figures
    for session in sessions:
        session.close()
    assert full.connections == full.connections_allowed == before.connections_allowed


def test_a_database_that_cannot_tell_its_size_works_all_the_same(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "SIZE", "select pg_sleep(9)::text")
    found = accounts.observe(pod.door()).figures
    assert found.stored_bytes is None
    assert found.connections is not None
