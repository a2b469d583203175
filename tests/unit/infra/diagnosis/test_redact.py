"""No secret leaves, however it is written; what is none stays readable."""

import base64
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.diagnosis import redact

# What stands in the place of a secret is none.
WORD = st.text(string.ascii_letters + string.digits, min_size=8, max_size=40).filter(lambda word: word != "REDACTED")
AROUND = st.text(st.characters(codec="utf-8", exclude_characters="-"), max_size=40)
NAMES = st.sampled_from(
    ["password", "db_password", "PASSWD", "passphrase", "clientSecret", "token", "bootstrap-token", "apiKey",
     "private_key", "certificate-key", "AWS_ACCESS_KEY", "credentials"]
)  # fmt: skip
KINDS = st.sampled_from(["PRIVATE KEY", "CERTIFICATE", "OPENSSH PRIVATE KEY"])
NOTE = "changed: [cp1] => install containerd 2.3.3"


def pem(body: str, kind: str = "EC PRIVATE KEY", *, torn: bool = False) -> str:
    end = "" if torn else f"\n-----END {kind}-----"
    return f"-----BEGIN {kind}-----\n{body}{end}"


@given(
    NAMES,
    WORD,
    st.sampled_from(["{}: {}", "{}={}", '"{}": "{}"', "--{} {}", "--{}={}", "{} : '{}'", '\\"{}\\":\\"{}\\"']),
)
def test_what_stands_under_a_telling_name(name: str, secret: str, form: str) -> None:
    found = redact.text(f"{NOTE}\n{form.format(name, secret)}\n{NOTE}")
    assert secret not in found.replace(name, "")
    assert found.count(NOTE) == 2


@given(AROUND, st.binary(min_size=30, max_size=200), KINDS, st.booleans(), st.booleans())
def test_pem_whole_or_torn_plain_or_within_json(around: str, body: bytes, kind: str, torn: bool, in_json: bool) -> None:
    secret = base64.b64encode(body).decode()
    block = pem(secret, kind, torn=torn)
    found = redact.text(f"{around}{json.dumps(block) if in_json else block}")
    assert secret not in found


@given(st.from_regex(r"[a-z0-9]{6}\.[a-z0-9]{16}", fullmatch=True))
def test_kubeadm_tokens(secret: str) -> None:
    assert secret not in redact.text(f"kubeadm join 10.0.0.1:6443 {secret} --discovery")


@given(st.dictionaries(WORD, WORD, min_size=1), st.binary(min_size=8, max_size=40))
def test_service_account_tokens(claims: dict[str, str], signature: bytes) -> None:
    parts = [json.dumps({"alg": "RS256", "kid": "x"}), json.dumps(claims)]
    head, body = (base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    secret = f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    found = redact.text(f"curl -H 'x: {secret}' y")
    assert body not in found


@given(WORD, WORD)
def test_passwords_in_urls_and_headers(user: str, secret: str) -> None:
    url = redact.text(f"GET https://{user}:{secret}@registry/v2 failed")
    assert secret not in url.replace(user, "")
    assert url.endswith("registry/v2 failed")
    assert secret not in redact.text(f"Authorization: Bearer {secret}")
    assert secret not in redact.text(f"authorization: basic {secret}")


@given(st.binary(min_size=30, max_size=400))
def test_base64_in_fields_that_hold_keys(content: bytes) -> None:
    secret = base64.b64encode(content).decode()
    for field in ("client-key-data", "certificate-authority-data", "caBundle", "data"):
        assert secret not in redact.text(f"    {field}: {secret}\n")
        assert secret not in json.dumps(redact.value({"a": [{field: secret}]}))


@given(st.lists(WORD, min_size=1, max_size=3), AROUND)
def test_secrets_that_are_known_go_wherever_they_stand(secrets: list[str], around: str) -> None:
    found = redact.text(f"{around}{'/'.join(secrets)}", secrets)
    assert all(secret not in found.replace(redact.BLOT, "") for secret in secrets)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


@given(st.text(max_size=300))
def test_text_stays_as_it_is_when_redacted_again(found: str) -> None:
    once = redact.text(found)
    assert redact.text(once) == once


@given(JSON)
def test_json_stays_json_and_is_settled(found: Any) -> None:
    once = redact.value(found)
    json.dumps(once)
    assert redact.value(once) == once


@given(JSON, NAMES, WORD)
def test_a_secret_deep_in_json(found: Any, name: str, secret: str) -> None:
    assert secret not in json.dumps(redact.value([{"deep": {name: secret}, "x": found}])[0]["deep"])


@given(st.dictionaries(st.sampled_from(["HOME", "DB", "LOG_LEVEL"]), WORD, min_size=1))
def test_environment_variables_keep_their_names_only(variables: dict[str, str]) -> None:
    env = [{"name": name, "value": text} for name, text in variables.items()]
    reference = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    pod = {"spec": {"containers": [{"name": "a", "env": [*env, reference]}]}}
    kept = redact.value(pod)["spec"]["containers"][0]["env"]
    assert [item["name"] for item in kept] == [*variables, "NODE"]
    assert {item["value"] for item in kept[:-1]} == {redact.BLOT}
    assert kept[-1] == reference


@pytest.mark.parametrize(
    "plain",
    [
        "ok: [w1] => registry.govcloud.internal/netprobe:0.1.0@sha256:" + "a1" * 32,
        "node cp1 is Ready, 10.77.0.11:6443, 2026-03-01T12:00:00Z",
        "ssh-keyscan: no answer from 10.0.0.1",
        "https://10.77.0.11:6443/readyz",
        "Kubelet stopped posting node status.",
    ],
)
def test_what_is_no_secret_stays(plain: str) -> None:
    assert redact.text(plain) == plain
    assert redact.value({"message": plain}) == {"message": plain}


def test_lines_of_json_stay_lines_of_json() -> None:
    given_lines = '{"kind": "step", "text": "join --token abcdef.0123456789abcdef"}\n{"half": "pass\n'
    found = redact.lines(given_lines)
    assert json.loads(found.splitlines()[0])["kind"] == "step"
    assert "0123456789abcdef" not in found
    assert len(found.splitlines()) == 2


@pytest.mark.parametrize(("kind", "expected"), [("Secret", True), ("ConfigMap", True), ("Pod", False)])
def test_objects_that_never_leave(kind: str, expected: bool) -> None:
    assert redact.is_secret({"kind": kind}) is expected


def test_noise_of_the_api_server_is_left_out() -> None:
    found = redact.value({"metadata": {"name": "a", "managedFields": [1], "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": "{}", "b": "c"}}})  # fmt: skip
    assert found == {"metadata": {"name": "a", "annotations": {"b": "c"}}}
