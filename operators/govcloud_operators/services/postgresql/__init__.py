"""The driver `postgresql`: one database a ServiceInstance, TLS only, backed up, restored to a moment."""
