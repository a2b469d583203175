"""What the server reads: settings for a plan's memory, who may come in, how it is backed up. Pure.

Sources: PostgreSQL 15 documentation, chapters 20 (settings), 21.1 (pg_hba.conf), 21.2 (user name maps);
https://pgbackrest.org/configuration.html. No text of a tenant ever gets into any of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from govcloud_operators.services.backups.vault import Vault
from govcloud_operators.services.certificates import OPERATOR_NAME
from govcloud_operators.services.postgresql import repository

PORT = 5432
DATABASE = "app"
MIB = 2**20
ARCHIVE_TIMEOUT_SECONDS = 300
"""The most that a lost volume costs."""
SHARED = ("backups.sh", "pgbackrest-push.sh", "refill.sh", "restore.sh", "backup.sql")
"""What the platform's own ledger is backed up and restored by as well; monitoring mounts them, too."""
SCRIPTS = (*SHARED, "entry.sh", "keeper.sh", "setup.sql", "restored.sql")
QUEUE_SHARE = 4
"""While the store is away, the log that waits for it may take this part of the volume; then some of it is given up."""


FIXED_SETTINGS: Mapping[str, str | int] = {
    "listen_addresses": "'*'",
    "unix_socket_permissions": "0700",
    "ssl": "on",
    "ssl_min_protocol_version": "'TLSv1.2'",
    "password_encryption": "'scram-sha-256'",
    "authentication_timeout": "10s",
    "superuser_reserved_connections": 5,
    "jit": "off",
    "tcp_keepalives_idle": "60s",
    "wal_level": "replica",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "archive_mode": "on",
    "archive_timeout": f"{ARCHIVE_TIMEOUT_SECONDS}s",
    "log_timezone": "'UTC'",
    "timezone": "'UTC'",
    "logging_collector": "on",
    "log_destination": "'stderr,jsonlog'",
    "log_filename": "'server-%H.log'",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "60min",
    "log_rotation_size": 0,
    "log_connections": "on",
    # A statement that fails may hold a password; the message without it says enough.
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where things are mounted."""

    data: str = "/data"
    backup: str = "/backup"
    config: str = "/config"
    tls: str = "/tls"
    run: str = "/run/postgresql"
    scratch: str = "/tmp"  # noqa: S108 - an emptyDir of the pod's own
    cluster: str = "pgdata"
    """Folder of the database in `data`."""

    @property
    def pgdata(self) -> str:
        """Where the database lies."""
        return f"{self.data}/{self.cluster}"

    def variables(self) -> dict[str, str]:
        """What the scripts know the folders by."""
        return {
            "GOVCLOUD_DATA": self.data,
            "GOVCLOUD_BACKUP": self.backup,
            "GOVCLOUD_CONFIG": self.config,
            "GOVCLOUD_TLS": self.tls,
            "GOVCLOUD_RUN": self.run,
        }


def files(
    *,
    memory_bytes: int,
    backup_hour: int,
    at: Folders,
    port: int = PORT,
    system_user: str = "postgres",
) -> dict[str, str]:
    """Everything that is mounted at `at.config`: file name -> text. `system_user` is the pod's uid by its name."""
    return {
        "postgresql.conf": settings(memory_bytes=memory_bytes, at=at, port=port),
        "pg_hba.conf": host_access(),
        "pg_ident.conf": f"operator {OPERATOR_NAME} {OPERATOR_NAME}\npod {system_user} postgres\n",
        "backup-hour": f"{backup_hour}\n",
        **{name: script(name) for name in SCRIPTS},
    }


def script(name: str) -> str:
    """Text of a file that goes into the pod as it is."""
    return (resources.files(__package__) / "files" / name).read_text()


def settings(*, memory_bytes: int, at: Folders, port: int = PORT) -> str:
    """postgresql.conf; `memory_bytes` is what the server's container may use."""
    given: dict[str, str | int] = {
        "port": port,
        "hba_file": f"'{at.config}/pg_hba.conf'",
        "ident_file": f"'{at.config}/pg_ident.conf'",
        "unix_socket_directories": f"'{at.run}'",
        "ssl_cert_file": f"'{at.tls}/tls.crt'",
        "ssl_key_file": f"'{at.tls}/tls.key'",
        "ssl_ca_file": f"'{at.tls}/ca.crt'",
        "archive_command": f"'sh {at.config}/pgbackrest-push.sh %p'",
        "log_directory": f"'{at.run}/log'",
        **_sizes(memory_bytes // MIB),
        **FIXED_SETTINGS,
    }
    return "".join(f"{key} = {value}\n" for key, value in given.items())


def _sizes(memory_mib: int) -> dict[str, str | int]:
    connections = max(40, min(200, memory_mib // 8))
    return {
        "max_connections": connections,
        "shared_buffers": f"{memory_mib // 4}MB",
        "effective_cache_size": f"{memory_mib // 2}MB",
        "work_mem": f"{max(1, memory_mib // 4 // connections)}MB",
        "maintenance_work_mem": f"{max(16, memory_mib // 16)}MB",
    }


def host_access() -> str:
    """pg_hba.conf: first line that fits decides. Passwords only over TLS and only for the three groups' logins."""
    return (
        "local all postgres peer map=pod\n"
        f"hostssl all {OPERATOR_NAME} all cert map=operator\n"
        f"hostssl {DATABASE} +app_login all scram-sha-256\n"
        "host all all all reject\n"
    )


def repository_files(
    vault: Vault, *, retention_days: int, storage_bytes: int, at: Folders, port: int = PORT
) -> dict[str, str]:
    """What the server's own backups need, mounted at `at.backup`: file name -> text. Holds secrets.

    `storage_bytes` is the size of the database's volume.
    """
    options = repository.options(vault, vault.writer, at.backup) | {
        "repo1-retention-full-type": "time",
        "repo1-retention-full": str(retention_days),
        "start-fast": "y",
        "archive-push-queue-max": str(storage_bytes // QUEUE_SHARE),
    }
    return {
        "pgbackrest.conf": _pgbackrest(at, options, at.pgdata, {"pg1-port": str(port)}),
        repository.AUTHORITY_FILE: vault.store.authority,
    }


def source_files(vault: Vault, *, at: Folders) -> dict[str, str]:
    """The same for reading another instance's backups, with credentials that cannot write there."""
    options = repository.options(vault, vault.reader, at.backup)
    return {
        "pgbackrest.conf": _pgbackrest(at, options, f"{at.pgdata}.new", {}),
        repository.AUTHORITY_FILE: vault.store.authority,
    }


def _pgbackrest(at: Folders, options: Mapping[str, str], data: str, more: Mapping[str, str]) -> str:
    common = {
        "compress-type": "zst",
        "log-level-console": "warn",
        "log-level-stderr": "off",
        "log-level-file": "off",
        "lock-path": f"{at.scratch}/pgbackrest",
        "spool-path": f"{at.scratch}/pgbackrest-spool",
    }
    server = {"pg1-path": data, "pg1-socket-path": at.run, "pg1-user": "postgres", **more}
    return _section("global", common | dict(options)) + _section("main", server)


def _section(name: str, options: Mapping[str, str]) -> str:
    return f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in options.items())
