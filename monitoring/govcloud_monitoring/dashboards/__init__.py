"""Dashboards for Grafana, written down as data and generated: `python -m govcloud_monitoring.dashboards FOLDER`.

Only this package knows `grafana_foundation_sdk`; nothing that runs on a site imports it. A site imports the JSON.
"""
