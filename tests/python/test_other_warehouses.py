"""The models compiled for warehouses that are not at hand are SQL of those warehouses.

dbt compiles every model with the real adapters of Snowflake, BigQuery, Redshift and Databricks, without a
connection. sqlglot parses the result in that dialect, every function has to stand in the list of those that
the warehouse documents (``warehouse_functions.yml``), and no construct may stand there that it lacks. Nothing
is run: that types fit and values are right is proved on DuckDB, Postgres and Spark alone.

The adapters do not go together with those of the project's own environment. They live in one of their own,
``.venv-warehouses``, which ``make test-all`` makes.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
import yaml
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokens import TokenType

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-warehouses"

PROFILES = """
execution_scorecard:
  target: none
  outputs:
    snowflake:
      {type: snowflake, account: none, user: none, password: none, database: none, warehouse: none, schema: x}
    bigquery: {type: bigquery, method: oauth-secrets, token: none, project: none, dataset: main}
    redshift:
      {type: redshift, host: none.invalid, port: 5439, user: none, password: none, dbname: none, schema: x}
    databricks: {type: databricks, host: none.invalid, http_path: /x, token: none, catalog: none, schema: x}
"""

LISTED = yaml.safe_load((Path(__file__).parent / "warehouse_functions.yml").read_text())
DOCUMENTED = LISTED["warehouses"]
WAREHOUSES = list(DOCUMENTED)

# What sqlglot reads in any dialect, though the warehouse has no such thing.
LACKS: dict[str, dict[type[exp.Expression], str]] = {
    "snowflake": {exp.Filter: "aggregates have no filter clause"},
    "bigquery": {
        exp.Filter: "aggregates have no filter clause",
        exp.Lateral: "there are no lateral joins",
        exp.WithinGroup: "aggregates take no `within group`",
        exp.AtTimeZone: "a timestamp has no `at time zone`",
        exp.Collate: "a collation is a function",
    },
    "redshift": {
        exp.Filter: "aggregates have no filter clause",
        exp.Lateral: "there are no lateral joins",
        exp.NullSafeEQ: "there is no `is not distinct from`",
        exp.NullSafeNEQ: "there is no `is distinct from`",
    },
    "databricks": {exp.Collate: "collations bear other names"},
}

pytestmark = pytest.mark.slow


def findings(sql: str, warehouse: str) -> list[str]:
    """What in a query the warehouse would not understand: a sentence each; none if all is well."""
    try:
        statements = sqlglot.parse(sql, read=warehouse, error_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        return [f"is no {warehouse} SQL: {str(error).splitlines()[0]}"]
    if len(statements) != 1 or statements[0] is None:
        return [f"is {len(statements)} statements, not one"]
    known = {*LISTED["everywhere"], *DOCUMENTED[warehouse]["functions"]}
    return [
        *(f"calls {name}, which {warehouse} does not document" for name in called(sql, warehouse) - known),
        *(
            f"{reason} on {warehouse}"
            for construct, reason in LACKS[warehouse].items()
            if statements[0].find(construct)
        ),
    ]


def called(sql: str, warehouse: str) -> set[str]:
    """The names that a parenthesis follows, as they are written and not as sqlglot understands them."""
    tokens = list(sqlglot.tokenize(sql, read=warehouse))
    return {
        word.text.lower()
        for before, word, after in zip([None, *tokens], tokens, tokens[1:], strict=False)
        if after.token_type is TokenType.L_PAREN
        and word.token_type not in (TokenType.STRING, TokenType.RAW_STRING)
        and word.text[:1].isalpha()
        and word.text.lower() not in LISTED["no_functions"]
        # `with name (columns) as`, and a table's alias with names of its columns.
        and not (before is not None and before.token_type in (TokenType.WITH, TokenType.ALIAS))
    }


@pytest.fixture(scope="module", params=WAREHOUSES)
def compiled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A warehouse, and the folder of the models compiled for it."""
    warehouse = request.param
    dbt = ENVIRONMENT / "bin" / "dbt"
    assert dbt.exists(), "No adapters to compile with: `make test-all` makes .venv-warehouses first."
    folder = tmp_path_factory.mktemp(warehouse)
    (folder / "profiles.yml").write_text(PROFILES)
    places = ["--profiles-dir", folder, "--target-path", folder, "--log-path", folder]
    options = ["--select", "resource_type:model", "--target", warehouse, *places]
    done = subprocess.run(
        [dbt, "--quiet", "compile", "--no-introspect", "--no-populate-cache", *options],
        cwd=ROOT,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    yield warehouse, folder / "compiled" / "execution_scorecard" / "models"


def test_every_model_is_sql_of_the_warehouse(compiled: tuple[str, Path]) -> None:
    """Zero errors of the parser, no function and no construct that the warehouse lacks."""
    warehouse, folder = compiled
    models = {path.stem: path for path in (ROOT / "models").rglob("*.sql")}
    queries = {path.stem: path.read_text() for path in folder.rglob("*.sql") if path.stem in models}
    assert set(queries) == set(models)
    wrong = [f"{name} {text}" for name, sql in sorted(queries.items()) for text in findings(sql, warehouse)]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_what_a_warehouse_lacks_is_found(warehouse: str) -> None:
    """A function of another engine, an unknown one, a typo and a construct that is missing are found."""
    assert findings("select lower(a) as b from c", warehouse) == []
    foreign = {
        "snowflake": "bool_or",
        "bigquery": "bool_and",
        "redshift": "boolor_agg",
        "databricks": "logical_or",
    }
    for name in (foreign[warehouse], "to_microseconds", "coalsce"):
        assert findings(f"select {name}(a) as b from c", warehouse) == [
            f"calls {name}, which {warehouse} does not document"
        ]
    assert findings("select (a from c", warehouse)[0].startswith(f"is no {warehouse} SQL")
    lacking = {
        "snowflake": "select sum(a) filter (where b) from c",
        "bigquery": "select a from c cross join lateral (select 1 as b) as d",
        "redshift": "select a is distinct from b from c",
        "databricks": 'select a from c order by a collate "C"',
    }
    found = findings(lacking[warehouse], warehouse)
    assert set(found) & {f"{reason} on {warehouse}" for reason in LACKS[warehouse].values()}


def test_every_listed_function_is_called(compiled: tuple[str, Path]) -> None:
    """The lists hold nothing that no model calls, so that they stay short enough to be looked up."""
    warehouse, folder = compiled
    names = set().union(*(called(path.read_text(), warehouse) for path in folder.rglob("*.sql")))
    assert set(DOCUMENTED[warehouse]["functions"]) - names == set()
