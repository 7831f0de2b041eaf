"""MetricFlow says of the ten KPIs what the scorecard says, for every month, quarter, team and service."""

from __future__ import annotations

import csv

import pytest
import yaml
from mf_query import MetricFlow, Row
from project_copy import BIN, ROOT, Build, marts_rows

TOLERANCE = 1e-9
SCOPES = {"company": None, "team": "team", "service": "service"}
# By what a KPI's own periods are called in MetricFlow.
GRAINS = {"month": "month", "month_end": "month", "quarter": "fiscal_quarter"}
# The scorecard withholds a number for reasons that no metric knows; docs/semantic-layer.md names them.
WITHHELD = {"below_min_n", "source_not_covering"}


def catalog() -> list[Row]:
    with (ROOT / "seeds/dictionaries/kpis.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def metrics() -> dict[str, Row]:
    listed = yaml.safe_load((ROOT / "models/marts/_metrics.yml").read_text(encoding="utf-8"))["metrics"]
    return {metric["name"]: metric for metric in listed}


def columns_of(kpi: Row) -> dict[str, str]:
    """Columns of the scorecard and the metrics that give them."""
    key = kpi["kpi"]
    columns = {"value": key, "n": f"{key}_n", "coverage": f"{key}_coverage"}
    return columns | ({"p85": f"{key}_p85"} if kpi["statistic"] == "median" else {})


def test_every_kpi_of_the_catalog_has_its_metrics() -> None:
    known = metrics()
    for kpi in catalog():
        assert set(columns_of(kpi).values()) - set(known) == set()
        assert known[kpi["kpi"]]["label"] == kpi["kpi_name"]


def test_every_metric_says_what_it_is() -> None:
    assert [name for name, metric in metrics().items() if not metric["label"]] == []
    assert [name for name, metric in metrics().items() if not metric["description"]] == []


@pytest.fixture(scope="module")
def metricflow(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> MetricFlow:
    assert (BIN / "mf").exists(), "install requirements-test.lock"
    return MetricFlow(sample_build.project, tmp_path_factory.mktemp("metricflow"))


def stored(build: Build, scope_type: str, kpis: list[Row]) -> list[Row]:
    keys = ", ".join(f"'{kpi['kpi']}'" for kpi in kpis)
    return marts_rows(
        build.warehouse,
        "select kpi, scope_id, period_start_on, value, n, coverage, p85, null_reason, "
        f"measured_by from marts.scorecard where scope_type = '{scope_type}' and kpi in ({keys}) "
        "and period_grain in ('month', 'month_end', 'quarter')",
    )


def metric_of(row: Row, metric: str) -> str:
    """The metric's name for a team without sprints, which another metric measures."""
    if row["measured_by"] == "service_level":
        return metric.replace("delivery_predictability", "service_level_predictability")
    return metric


def differences(row: Row, answer: Row, columns: dict[str, str]) -> list[str]:
    """What MetricFlow says otherwise than a row of the scorecard."""
    found = []
    for column, metric in columns.items():
        said = answer.get(metric_of(row, metric))
        if row["null_reason"] and column != "n":
            is_equal = said is None or row["null_reason"] in WITHHELD or column == "coverage"
        elif row["n"] == 0 and column == "n":
            is_equal = not said
        else:
            is_equal = said == pytest.approx(row[column], rel=TOLERANCE, abs=TOLERANCE)
        if not is_equal:
            found.append(
                f"{row['kpi']} {row['period_start_on']} {row['scope_id']} {column}: {row[column]}, but {said}"
            )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scope_type", SCOPES)
@pytest.mark.parametrize("grain", ["month", "fiscal_quarter"])
def test_mf_query_gives_the_numbers_of_the_scorecard(
    metricflow: MetricFlow, sample_build: Build, scope_type: str, grain: str
) -> None:
    kpis = {kpi["kpi"]: kpi for kpi in catalog() if GRAINS[kpi["base_grain"]] == grain}
    names = [name for kpi in kpis.values() for name in columns_of(kpi).values()]
    if "delivery_predictability" in kpis:
        names += [f"service_level_predictability{suffix}" for suffix in ("", "_n", "_coverage")]
    answers = metricflow.by_period(names, grain, SCOPES[scope_type])
    rows = stored(sample_build, scope_type, list(kpis.values()))
    # Every KPI is really compared, wherever the scorecard has it for this kind of scope.
    assert {row["kpi"] for row in rows if row["value"] is not None} == set(kpis)
    found = []
    for row in rows:
        found += differences(
            row, answers.get((str(row["period_start_on"]), row["scope_id"]), {}), columns_of(kpis[row["kpi"]])
        )
    assert found == []


@pytest.mark.slow
def test_the_headline_is_a_query_over_its_days(metricflow: MetricFlow, sample_build: Build) -> None:
    rows = marts_rows(
        sample_build.warehouse,
        "select * from marts.scorecard_current order by kpi",
    )
    kpis = {kpi["kpi"]: kpi for kpi in catalog()}
    found = []
    for days in sorted({(row["period_start_on"], row["period_end_on"]) for row in rows}):
        of_these_days = [row for row in rows if (row["period_start_on"], row["period_end_on"]) == days]
        names = [name for row in of_these_days for name in columns_of(kpis[row["kpi"]]).values()]
        (said,) = metricflow.query(names, "--start-time", str(days[0]), "--end-time", str(days[1]))
        answer = {name: float(value) for name, value in said.items() if value}
        for row in of_these_days:
            assert row["value"] is not None
            found += differences(row, answer, columns_of(kpis[row["kpi"]]))
    assert found == []


@pytest.mark.slow
def test_the_configuration_holds_against_the_warehouse(metricflow: MetricFlow) -> None:
    """Every entity, dimension, measure and metric is something that the warehouse can compute."""
    output = metricflow.project.must("mf", "validate-configs")
    assert "validated metrics against data warehouse (ERRORS: 0" in output


@pytest.mark.slow
def test_a_metric_may_be_cut_by_what_the_kpi_table_adds(metricflow: MetricFlow, sample_build: Build) -> None:
    answer = metricflow.query(["defect_escape_n"], "--group-by", "defect__severity")
    counted = marts_rows(
        sample_build.warehouse,
        "select severity, count(*) as n from marts.kpi_defect_escape "
        "where is_counted and verdict in ('yes', 'no') group by severity",
    )
    assert {row["defect__severity"]: float(row["defect_escape_n"]) for row in answer} == {
        row["severity"] or "": row["n"] for row in counted
    }
