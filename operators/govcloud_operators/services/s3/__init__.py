"""A small client of an S3 gateway (versitygw): buckets, objects, accounts, and who may do what in a bucket.

    store = gateway.Gateway(
        endpoint="https://store.govcloud-system.svc.cluster.local:7070",
        access_key="govcloud_operator",
        secret_key=secret,
        authority_pem=authority.pair().certificate,
    )
    buckets.create(store, "backup-1")
    accounts.ensure(store, accounts.Account(access_key="reader-1", secret_key=password))
    buckets.set_policy(store, "backup-1", policies.document("backup-1", {"reader-1": "ro"}))
    accounts.remove(store, "reader-1")
    buckets.remove(store, "backup-1")

Everything can be done twice, and raises `errors.NotReady` with a sentence (`gateway.Refused` when the gateway says no).
A gateway with a port of its own for administration takes `accounts`, and a bucket's `owner`, at that port alone.
Only `gateway` talks; `policies` is pure. Answers come from a machine that a tenant may have taken over, so their size
is bounded and nothing in them is expanded.
"""
