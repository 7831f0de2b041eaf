"""Great Expectations at work: one suite a subject, one checkpoint, its Data Docs.

Great Expectations cannot query DuckDB (every metric of its SQL engine fails on that dialect): there a
subject's rows are read into a data frame, the columns that the rules need and no more. On Postgres it queries
itself; each subject is a temporary table of its session.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from scorecard.masking import masked
from scorecard.refresh.gate.reading import DuckDBConnection
from scorecard.refresh.gate.results import Check, GateError
from scorecard.refresh.gate.rules import PLACE, Rule, Subject
from scorecard.refresh.gate.wording import sentence, unable
from scorecard.refresh.outcomes import INSTALL_CHECKS

_CHECK = "check"
_SITE = "gate"
_EXAMPLES = 5


def load_great_expectations() -> ModuleType:
    """Import Great Expectations, quiet and without Spark.

    Spark's client ends the process, with exit code 0, where it is imported from a main module without a file
    and without its own dependencies; the gate has no use for it. Raises GateError where the extra is not
    installed.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with _without("pyspark"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import great_expectations
            import great_expectations.expectations
            import sqlalchemy  # noqa: F401
        except ImportError as error:
            raise GateError(
                f"The checks need Great Expectations, which is not installed ({error}): {INSTALL_CHECKS}."
            ) from error
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return great_expectations


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Within it, importing a package fails, also where it was imported before."""
    names = [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]
    hidden = {name: sys.modules.pop(name) for name in names}
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(hidden)


def validate_frames(
    subjects: list[Subject], connection: DuckDBConnection, run_id: str, docs_folder: Path
) -> list[Check]:
    """Judge subjects read from DuckDB, one after the other, so that one frame is held at a time."""
    gx = load_great_expectations()
    context = _context(gx, docs_folder)
    source = context.data_sources.add_pandas("candidate")
    checks = []
    for subject in subjects:
        batch = source.add_dataframe_asset(subject.name).add_batch_definition_whole_dataframe("all")
        parameters = {"dataframe": connection.frame(subject.query)}
        checks += _run(gx, context, subject, batch, run_id, parameters)
    context.build_data_docs(site_names=[_SITE])
    return checks


def validate_queries(
    subjects: list[Subject], keywords: dict[str, str], run_id: str, docs_folder: Path
) -> list[Check]:
    """Judge subjects in Postgres. keywords: those of libpq."""
    gx = load_great_expectations()
    context = _context(gx, docs_folder)
    checks = []
    with _password(keywords):
        with warnings.catch_warnings():
            # The data source made for Postgres takes no Unix socket.
            warnings.simplefilter("ignore")
            source = context.data_sources.add_sql(
                "candidate", connection_string=_address(keywords), create_temp_table=True
            )
        try:
            for subject in subjects:
                asset = source.add_query_asset(
                    subject.name, query=f"SELECT * FROM ({subject.query}) AS subject"
                )
                batch = asset.add_batch_definition_whole_table("all")
                checks += _run(gx, context, subject, batch, run_id, None)
        finally:
            # An open session would hold its locks on the marts, and publishing would wait for them.
            source.get_execution_engine().close()
            source.get_engine().dispose()
    context.build_data_docs(site_names=[_SITE])
    return checks


def _address(keywords: dict[str, str]) -> str:
    """SQLAlchemy's address of a server, without the password. The host may be the folder of a Unix socket."""
    from sqlalchemy.engine import URL

    known = {"host", "port", "user", "dbname", "password"}
    query = {name: value for name, value in keywords.items() if name not in known}
    if keywords.get("host"):
        query["host"] = keywords["host"]
    if keywords.get("port"):
        query["port"] = keywords["port"]
    address = URL.create(
        "postgresql+psycopg2",
        username=keywords.get("user"),
        database=keywords.get("dbname"),
        query={"connect_timeout": "10", **query},
    )
    return address.render_as_string(hide_password=False)


@contextmanager
def _password(keywords: dict[str, str]) -> Iterator[None]:
    """Within it libpq finds the password in its own variable, so that no page holds it."""
    before = os.environ.get("PGPASSWORD")
    if keywords.get("password"):
        os.environ["PGPASSWORD"] = keywords["password"]
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("PGPASSWORD", None)
        else:
            os.environ["PGPASSWORD"] = before


def _context(gx: ModuleType, docs_folder: Path) -> Any:
    """A context in memory that writes its pages, and nothing else, to a folder."""
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False}
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    context.add_data_docs_site(
        _SITE,
        {
            "class_name": "SiteBuilder",
            "site_name": "Execution scorecard",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(docs_folder.resolve()),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    return context


def _run(
    gx: ModuleType, context: Any, subject: Subject, batch: Any, run_id: str, parameters: dict[str, Any] | None
) -> list[Check]:
    """Run a subject's suite through a checkpoint; one check a rule, in their order."""
    suite = context.suites.add(
        gx.ExpectationSuite(
            name=subject.name, expectations=[_expectation(gx, rule) for rule in subject.rules]
        )
    )
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(name=subject.name, data=batch, suite=suite)
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=subject.name,
            validation_definitions=[validation],
            result_format={
                "result_format": "SUMMARY",
                "unexpected_index_column_names": [PLACE],
                "partial_unexpected_count": _EXAMPLES,
            },
        )
    )
    identifier = gx.core.run_identifier.RunIdentifier(run_name=run_id)
    found = checkpoint.run(batch_parameters=parameters, run_id=identifier)
    (results,) = found.run_results.values()
    by_name = {result.expectation_config.meta[_CHECK]: result for result in results.results}
    return [_check(subject, rule, by_name.get(rule.name)) for rule in subject.rules]


def _expectation(gx: ModuleType, rule: Rule) -> Any:
    kind = getattr(gx.expectations, rule.expectation)
    return kind(
        **rule.arguments, severity=rule.severity, description=f"{rule.claim}.", meta={_CHECK: rule.name}
    )


def _check(subject: Subject, rule: Rule, result: Any) -> Check:
    """A rule that could not be judged fails, and critically: nobody knows what it would have found."""
    raised = _raised(result)
    if raised is not None:
        return Check(subject.name, rule.name, "critical", False, unable(rule, raised))
    passed = bool(result.success)
    said = sentence(subject, rule, passed, dict(result.result))
    return Check(subject.name, rule.name, rule.severity, passed, said)


def _raised(result: Any) -> str | None:
    """Why an expectation was not evaluated, None where it was."""
    if result is None:
        return "it was not evaluated"
    information = result.exception_info or {}
    several = [information] if "raised_exception" in information else list(information.values())
    for one in several:
        if one.get("raised_exception"):
            # Before it is cut, that no part of a secret stays.
            return masked(str(one.get("exception_message") or "no message"))
    return None
