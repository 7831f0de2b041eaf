"""A Superset for tests, run in .venv-superset: it makes its database and an account, and serves.

Arguments: a folder of its own, the address of its metadata database, a port of loopback. The account's
password is read from the environment.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

ACCOUNT = "admin"


def serve(folder: Path, metadata: str, port: int, password: str) -> None:
    (folder / "superset_config.py").write_text(
        f"SECRET_KEY = {secrets.token_urlsafe(42)!r}\n"
        f"SQLALCHEMY_DATABASE_URI = {metadata!r}\n"
        # Of a server without TLS: cookies over plain HTTP, and no policy that forbids it.
        "TALISMAN_ENABLED = False\n"
        "SESSION_COOKIE_SECURE = False\n"
        "RATELIMIT_ENABLED = False\n"
    )
    os.environ.update(SUPERSET_CONFIG_PATH=str(folder / "superset_config.py"), SUPERSET_HOME=str(folder))
    from flask_migrate import upgrade
    from superset.app import create_app
    from werkzeug.serving import run_simple

    application = create_app()
    with application.app_context():
        from superset import appbuilder, security_manager

        upgrade()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        administrator = security_manager.find_role("Admin")
        assert security_manager.add_user(
            ACCOUNT, "Test", "Test", "test@example.com", administrator, password=password
        )
    run_simple("127.0.0.1", port, application, threaded=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), os.environ["SCORECARD_SUPERSET_PASSWORD"])
