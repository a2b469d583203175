"""Where alerts go: the configuration, and the one way out."""

import pytest
import yaml

from govcloud_infra.components import alerting

PODS, SERVICES = "10.78.0.0/16", "10.79.0.0/16"


def test_without_a_receiver_alerts_are_shown_and_nothing_may_leave():
    [config] = alerting.objects(None, PODS, SERVICES)
    found = yaml.safe_load(config["data"]["alertmanager.yml"])
    assert found["receivers"] == [{"name": found["route"]["receiver"]}]


def test_a_receiver_hears_of_alerts_and_of_their_end():
    config, _ = alerting.objects("http://10.77.0.1:8080/hook", PODS, SERVICES)
    found = yaml.safe_load(config["data"]["alertmanager.yml"])
    receiver = next(each for each in found["receivers"] if each["name"] == found["route"]["receiver"])
    assert receiver["webhook_configs"] == [{"url": "http://10.77.0.1:8080/hook", "send_resolved": True}]


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://alerts.example/a", 80), ("https://alerts.example", 443), ("https://alerts.example:8443/", 8443)],
)
def test_only_the_receivers_port_is_opened_and_only_outside_the_cluster(url: str, port: int):
    _, policy = alerting.objects(url, PODS, SERVICES)
    assert policy["spec"]["policyTypes"] == ["Egress"]
    [rule] = policy["spec"]["egress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": port}]
    assert rule["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": [PODS, SERVICES]}}]
