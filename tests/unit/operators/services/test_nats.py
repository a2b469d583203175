"""NATS as an order: keys, claims, the record of logins, settings."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from govcloud_kube.memory import MemoryCluster
from govcloud_operators import actions
from govcloud_operators.services.driver import Credentials
from govcloud_operators.services.nats import accounts, claims, desired, logins, nkeys
from govcloud_operators.services.nats.driver import NatsDriver
from govcloud_operators.services.nats.logins import Login, Logins
from support import nats, services

DRIVER = NatsDriver()
SEED = bytes(range(32))
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
KEYS = st.sampled_from([f"U{letter * 55}" for letter in "ABCDEFG"])


COMMON = "AB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3"
SECRET = "AAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H"


@pytest.mark.parametrize(
    ("use", "public", "secret"),
    [
        # From the seed 00 01 02 … 1f, by the Python package nkeys 0.2.
        ("user", f"U{COMMON}RLKK", f"SU{SECRET}776Y"),
        ("account", f"A{COMMON}QPZV", f"SA{SECRET}YMHI"),
        ("operator", f"O{COMMON}QZVT", f"SO{SECRET}2AJA"),
    ],
)
def test_keys_are_written_as_nats_reads_them(use: nkeys.Use, public: str, secret: str) -> None:
    key = nkeys.Key(use=use, seed=SEED)
    assert (key.public, key.secret) == (public, secret)
    assert secret not in repr(key)
    assert str(SEED) not in repr(key)


@pytest.mark.parametrize(("use", "first"), [("operator", "O"), ("account", "A"), ("user", "U")])
def test_the_first_letter_says_what_a_key_is_for(use: nkeys.Use, first: str) -> None:
    key = nkeys.derived(use, "5" * 64, "something")
    assert key.public.startswith(first)
    assert len(key.public) == 56
    assert key.secret.startswith(f"S{first}")
    assert key == nkeys.derived(use, "5" * 64, "something")
    assert key.seed != nkeys.derived(use, "5" * 64, "something else").seed


def decoded(text: str) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))


def test_a_token_is_signed_by_who_it_says() -> None:
    key = nkeys.derived("operator", "5" * 64, "operator")
    token = claims.operator(key, "ASYSTEM", datetime(2026, 1, 1, tzinfo=UTC))
    unsigned, _, signature = token.rpartition(".")
    public = Ed25519PublicKey.from_public_bytes(decoded(key.public)[1:33])
    public.verify(base64.urlsafe_b64decode(signature + "=="), unsigned.encode())
    said = claims.content(token)
    assert (said["iss"], said["sub"], said["nats"]["system_account"]) == (key.public, key.public, "ASYSTEM")


@given(st.lists(st.tuples(NAMES, KEYS, st.booleans()), max_size=20))
def test_no_key_is_both_given_and_ended(steps: list[tuple[str, str, bool]]) -> None:
    now, known = datetime(2026, 1, 1, tzinfo=UTC), Logins()
    owners: dict[str, str] = {}
    for name, key, give in steps:
        if give and owners.get(key, name) == name:
            known, owners = known.with_login(name, Login(key=key), now), {**owners, key: name}
        else:
            known = known.without(name, now)
        given_keys = {login.key for login in known.given.values()}
        assert not given_keys & set(known.revoked())
        assert name in known.given if give and owners.get(key) == name else name not in known.given
        assert logins.parse(known.text()) == known


def test_what_ended_is_remembered_as_long_as_it_could_be_used() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ends = int((now + timedelta(hours=1)).timestamp())
    known = Logins().with_login("a", Login(key="UA", ends=ends), now).with_login("b", Login(key="UB"), now)
    gone = known.without("a", now).without("b", now)
    assert set(gone.remembered(now + timedelta(minutes=59)).revoked()) == {"UA", "UB"}
    assert set(gone.remembered(now + timedelta(minutes=61)).revoked()) == {"UB"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"given": {"a": 1}}', '{"ended": {"UA": [1]}}', "null"])
def test_a_record_that_makes_no_sense_is_empty(text: str) -> None:
    assert logins.parse(text) == Logins()


def test_no_key_is_in_any_object() -> None:
    wanted = nats.order()
    of = desired.keys(wanted)
    text = json.dumps(DRIVER.stages(wanted))
    for key in (of.operator, of.system, of.account):
        assert key.secret not in text
        assert key.seed.hex() not in text
    assert of.account.public in text
    assert wanted.secret not in text


def test_the_same_login_is_the_same_file() -> None:
    wanted, later = nats.order(), nats.order(now=services.NOW + timedelta(days=3))
    credentials = Credentials(user="app-1", role="ro", password="p" * 40, valid_until=services.NOW + timedelta(days=9))
    assert DRIVER.entries(wanted, credentials) == DRIVER.entries(later, credentials)
    said = claims.content(accounts.creds(wanted, credentials).splitlines()[1])
    assert said["name"] == "app-1"
    assert said["exp"] == int((services.NOW + timedelta(days=9)).timestamp())
    assert said["nats"]["pub"]["allow"] != [">"]
    other = replace(credentials, password="q" * 40)
    assert accounts.user_key(other).public != accounts.user_key(credentials).public


def test_settings_hold_what_a_server_needs() -> None:
    found: dict[str, Any] = json.loads(desired.settings(nats.order()))
    of = desired.keys(nats.order())
    assert found["system_account"] == of.system.public
    assert set(found["resolver_preload"]) == {of.system.public, of.account.public}
    assert found["jetstream"]["max_file_store"] == 5 * 1024**3 * 90 // 100
    account = claims.content(found["resolver_preload"][of.account.public])["nats"]["limits"]
    assert (account["leaf"], account["exports"], account["imports"]) == (0, 0, 0)


def test_a_cluster_that_shows_what_is_wanted_gets_no_write() -> None:
    wanted = nats.order()
    cluster = MemoryCluster()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": services.NAMESPACE}})
    for _ in range(3):
        live = actions.read(cluster, DRIVER.refs(wanted))
        actions.perform(cluster, actions.first_stage(DRIVER.stages(replace(wanted, live=live)), live))
    assert len(cluster.writes) == len(DRIVER.refs(wanted))
