"""`scorecard page`: one file that says what the marts say, whatever the marts hold."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pypdf
import pytest
from page_tree import Changed, Made, by_id, elements, parts, text_of, with_class
from project_copy import ROOT, marts_rows

LIMIT = 1_000_000
DASH = "\u2013"
SCALES = {"share": 100.0}
STATUSES = {
    "on_target": "on target",
    "off_target": "off target",
    "cannot_tell": "cannot tell",
    "no_data": "no data",
    "no_target": "no target",
}
HOSTILE = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'` \u202eevil\u2066 {{ 7*7 }} {% x %} "
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f525 \x1b[31m &amp; " + "long " * 3000
)


def numbers_in(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def rows_of_page(tree: Element) -> dict[str, Element]:
    return {row.get("id", ""): row for row in with_class(tree, "row")}


def near(shown: float, stored: float, unit: str) -> bool:
    """Whether the shown figure is the stored one, rounded as the page rounds it."""
    scaled = stored * SCALES.get(unit, 1.0)
    return abs(shown - scaled) <= (0.0501 if abs(scaled) >= 0.95 else 0.00501)


def test_the_ten_rows_say_what_the_mart_says(sample_page: Made, marts: Path) -> None:
    assert sample_page.exit_code == 0, sample_page.output
    stored = marts_rows(marts, "select * from marts.scorecard_current order by kpi_number")
    rows = rows_of_page(sample_page.tree)
    assert list(rows) == [row["kpi"] for row in stored]
    for row in stored:
        shown = rows[row["kpi"]]
        told = dict(parts(shown))
        (value,) = numbers_in(told["Value"])
        assert near(value, row["value"], row["unit"]), row["kpi"]
        ends = numbers_in(told["95 % interval"])
        assert len(ends) == (0 if row["interval_low"] is None else 2)
        for end, column in zip(ends, ("interval_low", "interval_high"), strict=False):
            assert near(end, row[column], row["unit"]), (row["kpi"], column)
        assert numbers_in(told["n"])[-1] == row["n"]
        assert abs(numbers_in(told["coverage"])[0] - 100 * row["coverage"]) < 0.0501
        (target,) = numbers_in(told["Target"])
        assert near(target, row["target"], row["unit"])
        assert ("≤" if row["better"] == "lower" else "≥") in told["Target"]
        assert told["Status"] == STATUSES[row["status"]]
        assert told["Owner"] == row["target_owner"]
        assert text_of(with_class(shown, "sentence")[0]) == " ".join(row["sentence"].split())
        assert text_of(shown.find(".//h3")) == row["kpi_name"]


def test_what_is_unknown_inferred_immature_or_left_out_stands_on_the_row(
    sample_page: Made, marts: Path
) -> None:
    rows = rows_of_page(sample_page.tree)
    words = {
        "unknown_count": "unknown",
        "inferred_count": "inferred",
        "immature_count": "too recent to judge",
        "excluded_count": "left out",
        "open_count": "still open",
    }
    seen = set()
    for row in marts_rows(marts, "select * from marts.scorecard_current"):
        notes = " ".join(text_of(one) for one in with_class(rows[row["kpi"]], "notes")).lower()
        for column, word in words.items():
            if row[column]:
                seen.add(column)
                assert f"{row[column]:,} {word}" in notes, (row["kpi"], column)
            else:
                assert f" {word}" not in notes, (row["kpi"], column)
    assert seen == set(words)


def test_each_group_is_headed_by_its_question(sample_page: Made, marts: Path) -> None:
    stored = marts_rows(marts, "select question, kpi from marts.dim_kpis order by kpi_number")
    sections = [
        section
        for section in elements(sample_page.tree)
        if section.tag == "section" and with_class(section, "row")
    ]
    assert len(sections) == 5
    shown = [
        (text_of(with_class(section, "question")[0]), row.get("id"))
        for section in sections
        for row in with_class(section, "row")
    ]
    assert shown == [(row["question"], row["kpi"]) for row in stored]


def test_a_status_has_a_shape_of_its_own(sample_page: Made) -> None:
    legend = with_class(sample_page.tree, "legend")[0]
    shapes = {
        text_of(one): "".join(f"{part.tag}{sorted(part.items())}" for part in one.iter() if part is not one)
        for one in with_class(legend, "status")
    }
    assert set(shapes) == set(STATUSES.values())
    assert len(set(shapes.values())) == len(STATUSES)
    for row in with_class(sample_page.tree, "row"):
        (told,) = with_class(with_class(row, "judged")[0], "status")
        shape = "".join(f"{part.tag}{sorted(part.items())}" for part in told.iter() if part is not told)
        assert shape == shapes[text_of(told)]


def test_a_row_opens_to_its_periods_teams_services_and_rows(sample_page: Made, marts: Path) -> None:
    for kpi, row in rows_of_page(sample_page.tree).items():
        (behind,) = with_class(row, "behind")
        tables = {
            (region.get("aria-label") or "").partition(": ")[2]: region
            for region in with_class(behind, "wide")
        }
        stored = marts_rows(
            marts,
            f"select * from marts.scorecard where kpi = '{kpi}' and scope_type = 'company' "
            "and period_grain in ('month', 'month_end', 'quarter') order by period_start_on desc limit 12",
        )
        listed = tables["period by period"].findall(".//tbody/tr")
        assert len(listed) == len(stored)
        for line, period in zip(listed, stored, strict=True):
            cells = [text_of(cell) for cell in line]
            if period["value"] is not None and period["coverage_band"] != "poor":
                assert near(numbers_in(cells[1])[0], period["value"], period["unit"]), (kpi, cells)
                assert numbers_in(cells[3])[-1] == period["n"]
        for kind in ("team", "service"):
            scopes = marts_rows(
                marts,
                f"select * from marts.scorecard where kpi = '{kpi}' and scope_type = '{kind}' "
                "and is_headline_grain and is_latest_period",
            )
            names = {text_of(line[0]).lower() for line in tables[f"{kind}s"].findall(".//tbody/tr")}
            assert names == {scope["scope_name"].lower() for scope in scopes}


def test_rows_that_are_not_listed_are_counted_and_told_how_to_see(sample_page: Made, marts: Path) -> None:
    is_limited = False
    rows = rows_of_page(sample_page.tree)
    for row in marts_rows(marts, "select * from marts.scorecard_current"):
        behind = with_class(rows[row["kpi"]], "behind")[0]
        counts = ("n", "unknown_count", "immature_count", "excluded_count", "open_count")
        groups = with_class(behind, "group")
        totals = [numbers_in(text_of(group.find("summary/b")))[0] for group in groups]
        assert sum(totals) == sum(row[column] or 0 for column in counts), row["kpi"]
        for group, total in zip(groups, totals, strict=True):
            shown = len(group.findall("ul/li"))
            if shown < total:
                is_limited = True
                assert f"and {total - shown:,.0f} more: scorecard explain {row['kpi']}" in text_of(group)
            else:
                assert shown == total
                assert " more: " not in text_of(group)
    assert is_limited


def test_every_row_that_was_left_out_has_its_reason(sample_page: Made, marts: Path) -> None:
    for kpi, row in rows_of_page(sample_page.tree).items():
        behind = with_class(row, "behind")[0]
        shown = " ".join(text_of(summary) for summary in behind.iter("summary"))
        reasons = marts_rows(
            marts,
            f"select distinct reasons.wording from marts.scorecard_observations as observations "
            f"inner join marts.scorecard_current as page on page.kpi = '{kpi}' "
            "inner join marts.dim_reasons as reasons on reasons.kpi = page.kpi "
            "and reasons.kind = 'left_out' and reasons.reason = observations.excluded_because "
            "where observations.kpi = page.kpi and observations.role = 'left_out' and is_of_company "
            "and month_on between page.period_start_on and page.period_end_on",
        )
        assert [one["wording"] for one in reasons if f"Left out, {one['wording']}" not in shown] == []


def test_every_team_and_service_has_its_ten(sample_page: Made, marts: Path) -> None:
    stored = marts_rows(
        marts,
        "select * from marts.scorecard where scope_type <> 'company' and is_headline_grain "
        "and is_latest_period",
    )
    views = with_class(sample_page.tree, "scope")
    assert len(views) == len({(row["scope_type"], row["scope_id"]) for row in stored})
    assert sum(len(with_class(view, "below")) for view in views) == len(stored)
    shown = " ".join(text_of(view) for view in views)
    assert [row["sentence"] for row in stored if " ".join(row["sentence"].split()) not in shown] == []


def test_the_limits_are_drawn_where_they_may_be(sample_page: Made, changed: Changed, tmp_path: Path) -> None:
    rows = rows_of_page(sample_page.tree)
    assert with_class(rows["lead_time"], "mark-rect") != []
    assert f"limits 28.4{DASH}73.7 h" in text_of(with_class(rows["lead_time"], "line")[0])
    # A stock that drifts, and too few quarters.
    for kpi in ("key_person_concentration", "roadmap_accuracy"):
        assert with_class(rows[kpi], "mark-rect") == []
    path = changed("update marts.scorecard set is_signal_drawn = false where kpi = 'lead_time'")
    without = rows_of_page(Made.of(path, tmp_path / "out").tree)["lead_time"]
    assert with_class(without, "mark-rect") == []
    assert "limits 28" not in text_of(with_class(without, "line")[0])


def test_the_line_has_a_point_a_month_and_says_them(sample_page: Made, marts: Path) -> None:
    shown = with_class(rows_of_page(sample_page.tree)["time_to_restore"], "drawing")[0]
    told = shown.get("aria-label") or ""
    months = marts_rows(
        marts,
        "select * from marts.scorecard where kpi = 'time_to_restore' and scope_type = 'company' "
        "and period_grain = 'month' order by period_start_on desc limit 12",
    )
    for month in months:
        assert f"{month['period_end_on']:%B %Y} " in told
    # A dot each, and a large one at the end.
    assert len([one for one in elements(shown) if one.get("transform") and one.tag.endswith("path")]) == 13


def test_the_file_holds_all_it_needs_and_leads_to_the_tools_alone(sample_page: Made, marts: Path) -> None:
    tree, html = sample_page.tree, sample_page.html
    ids = {one.get("id") for one in elements(tree)}
    known = {
        row["subject_url"]
        for row in marts_rows(marts, "select subject_url from marts.scorecard_observations")
    }
    links = set()
    for one in elements(tree):
        for name, value in one.items():
            name = name.rpartition("}")[2].lower()
            assert not name.startswith("on") and name not in ("style", "src", "srcset", "data", "action"), one
            if name == "href":
                assert one.tag == "a"
                links.add(value)
                assert value[1:] in ids if value.startswith("#") else value in known, value
    assert any(link.startswith("https://") for link in links)
    tags = {one.tag for one in elements(tree)}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "base", "form"}
    (style,) = tree.findall(".//style")
    assert not re.search(r"url\(|@import|expression", style.text or "")
    (policy,) = [
        meta.get("content") or "" for meta in tree.iter("meta") if "Policy" in (meta.get("http-equiv") or "")
    ]
    digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert len(html.encode()) < LIMIT


def test_a_large_company_gets_a_file_under_a_megabyte_that_says_what_it_leaves_out(
    changed: Changed, tmp_path: Path
) -> None:
    path = changed(
        "insert into marts.scorecard select scorecard.* replace "
        "('s' || copy.n as scope_id, 'Service ' || copy.n as scope_name) from marts.scorecard "
        "cross join range(300) as copy(n) where scope_type = 'service' and scope_id = 'payments' "
        "and is_headline_grain and is_latest_period"
    )
    made = Made.of(path, tmp_path / "out")
    assert made.exit_code == 0, made.output
    assert len(made.html.encode()) < LIMIT
    shown = len(
        [view for view in with_class(made.tree, "scope") if (view.get("id") or "").startswith("service")]
    )
    assert 0 < shown < 307
    assert f"and {307 - shown} more: scorecard show --scope service:<id>" in made.text


def test_what_people_typed_is_shown_as_text(changed: Changed, tmp_path: Path) -> None:
    hostile = HOSTILE.replace("'", "''")
    path = changed(
        f"update marts.scorecard_observations set subject_title = '{hostile}', subject_id = '{hostile}', "
        "subject_url = 'javascript:alert(1)' where kpi = 'lead_time'",
        "update marts.scorecard_observations set subject_url = 'https://x.test/\"><script>' "
        "where kpi = 'cycle_time'",
        f"update marts.dim_teams set team_name = '{hostile}'",
        f"update marts.scorecard set scope_name = '{hostile}' where scope_type = 'team'",
        f"update marts.scorecard_current set target_owner = '{hostile}'",
        f"update marts.scorecard_supporting_figures set breakdown = '{hostile}' where breakdown is not null",
    )
    made = Made.of(path, tmp_path / "out")
    assert made.exit_code == 0, made.output
    assert len(made.html.encode()) < LIMIT
    tree = made.tree
    assert not {"script", "img"} & {one.tag for one in elements(tree)}
    links = [one.get("href") or "" for one in elements(tree) if one.tag == "a"]
    assert not [link for link in links if link.startswith("javascript")]
    assert 'https://x.test/"><script>' in links
    shown = made.text
    assert "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'` evil {{ 7*7 }} {% x %}" in shown
    assert "\U0001f525" in shown
    for forbidden in ("\u202e", "\u2066", "\x1b"):
        assert forbidden not in made.html
    assert (made.folder / "scorecard.pdf").is_file()


def nulls(table: str) -> str:
    empty = ("value", "numerator", "denominator", "interval_low", "interval_high", "bound_low", "bound_high")
    empty += ("coverage", "p85", "survival_median", "explicit_only_value", "chart_low", "chart_high")
    told = ", ".join(f"{column} = null" for column in (*empty, "signal", "coverage_band", "open_count"))
    counts = ("n", "unknown_count", "immature_count", "excluded_count", "inferred_count")
    return (
        f"update marts.{table} set {told}, {', '.join(f'{column} = 0' for column in counts)}, "
        "is_signal_drawn = false, null_reason = 'source_not_loaded', status = 'no_data', "
        "status_reason = 'source_not_loaded', open_oldest_seconds = null, open_share = null, "
        "sentence = 'No number, because an export was not landed.', data_origin = 'none'"
    )


def test_ten_rows_without_a_number_explain_themselves(changed: Changed, tmp_path: Path) -> None:
    path = changed(
        nulls("scorecard"),
        nulls("scorecard_current"),
        "delete from marts.scorecard_observations",
        "update marts.scorecard_supporting_figures set value = null, n = 0, "
        "null_reason = 'source_not_loaded'",
        "delete from marts.scorecard where scope_type <> 'company'",
        "delete from marts.data_quality",
        "delete from marts.scorecard_history",
    )
    made = Made.of(path, tmp_path / "out")
    assert made.exit_code == 0, made.output
    remedies = marts_rows(
        path,
        "select kpi, remedy from marts.dim_reasons where kind = 'no_number' and reason = 'source_not_loaded'",
    )
    assert len(remedies) == 10
    rows = rows_of_page(made.tree)
    for remedy in remedies:
        row = rows[remedy["kpi"]]
        told = dict(parts(row))
        assert told["Value"] == "Source not landed"
        assert (told["n"], told["coverage"], told["Status"]) == ("0", "unknown", "no data")
        assert "No number, because an export was not landed." in text_of(row)
        assert remedy["remedy"] in text_of(with_class(row, "notes")[0])
        assert "no number in twelve months" in text_of(row)
    assert "Nothing has been landed yet" in made.text
    assert "10 no data." in made.text
    assert "No source was landed." in made.text


def test_too_little_coverage_shows_bounds_and_no_point(changed: Changed, tmp_path: Path) -> None:
    path = changed(
        "update marts.scorecard_current set coverage_band = 'poor', coverage = 0.4, bound_low = 0.123, "
        "bound_high = 0.789, status = 'cannot_tell', status_reason = 'low_coverage' "
        "where kpi = 'rework_ratio'"
    )
    row = rows_of_page(Made.of(path, tmp_path / "out").tree)["rework_ratio"]
    told = dict(parts(row))
    assert told["Value"] == f"Within 12.3{DASH}78.9 %"
    assert told["95 % interval"] == "no interval"
    assert "Coverage is below 70 %." in text_of(row)


def test_a_stale_source_is_told_on_the_row_and_at_the_foot(changed: Changed, tmp_path: Path) -> None:
    path = changed(
        "update marts.scorecard_current set status_reason = 'stale_source' where kpi = 'lead_time'",
        "update marts.data_quality set status = 'error', value = 61, "
        "instant_at = timestamp '2026-05-04 09:00' "
        "where data_quality_id = 'days_behind:pagerduty:incidents'",
    )
    made = Made.of(path, tmp_path / "out")
    assert "A source is stale." in text_of(rows_of_page(made.tree)["lead_time"])
    foot = text_of(made.tree.find(".//footer"))
    assert "pagerduty stale 2026-05-04 09:00 UTC 61 days" in foot
    assert "Days behind, pagerduty incidents: 61 days, beyond what is allowed" in foot
    assert "github fresh" in foot


def test_what_was_restated_is_told(sample_page: Made, changed: Changed, tmp_path: Path) -> None:
    assert "Nothing was published before this page" in sample_page.text
    path = changed(
        "update marts.scorecard_history set event = 'restated', value = 50, previous_value = 47, "
        "restated_because = 'late_data', late_sources = 'github deployments' where kpi = 'lead_time' "
        "and scope_type = 'company' and period_grain = 'month' and period_start_on = date '2026-05-01'"
    )
    foot = text_of(Made.of(path, tmp_path / "out").tree.find(".//footer"))
    assert (
        "Restated since last month: Lead time, May 2026: 50 h, was 47 h (late data: github deployments)."
        in foot
    )


def test_rows_that_do_not_add_up_are_told(sample_page: Made, changed: Changed, tmp_path: Path) -> None:
    assert with_class(sample_page.tree, "alarm") == []
    path = changed("update marts.scorecard_current set n = 7 where kpi = 'lead_time'")
    (alarm,) = with_class(Made.of(path, tmp_path / "out").tree, "alarm")
    assert "n is 354 by its rows and 7 on the scorecard" in text_of(alarm)


def test_the_sample_is_marked_and_a_companys_own_page_is_not(
    sample_page: Made, changed: Changed, tmp_path: Path
) -> None:
    assert "SAMPLE COMPANY: invented data" in text_of(sample_page.tree.find(".//header"))
    path = changed(
        "update marts.scorecard_current set data_origin = 'own'",
        "update marts.scorecard set data_origin = 'own'",
    )
    assert "SAMPLE" not in Made.of(path, tmp_path / "out").text


def test_no_persons_name_is_on_the_page(sample_page: Made) -> None:
    with (ROOT / "seeds/sample/planning/people.csv").open(encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    assert len(people) > 20
    shown = sample_page.html.lower()
    assert [person for person in people if person["name"].lower() in shown] == []
    assert [person for person in people if person["email"].lower() in shown] == []


def test_the_pdf_is_one_sheet_in_black_and_white_with_the_ten(sample_page: Made, marts: Path) -> None:
    document = pypdf.PdfReader(sample_page.folder / "scorecard.pdf")
    (page,) = document.pages
    assert [round(float(side)) for side in (page.mediabox.width, page.mediabox.height)] == [595, 842]
    text = " ".join(page.extract_text().split())
    for row in marts_rows(marts, "select * from marts.scorecard_current"):
        assert row["kpi_name"] in text
        assert row["target_owner"] in text
    assert "SAMPLE COMPANY" in text
    assert "As of 2026-07-04 09:00 UTC" in text
    contents = page.get_contents()
    assert contents is not None
    colours = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", contents.get_data())
    assert colours
    assert [colour for colour in colours if len({float(part) for part in colour}) > 1] == []


class Broken:
    """Finds WeasyPrint, which then misses its library or is not there."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "weasyprint":
            raise self.error


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError("cannot load library 'libpango-1.0-0'"), "apt-get install libpango-1.0-0"),
        (ImportError("no weasyprint"), "--requirement requirements-page.lock"),
    ],
)
def test_without_a_pdf_the_html_is_written_and_one_sentence_says_why(
    marts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, remedy: str
) -> None:
    (tmp_path / "scorecard.pdf").write_text("of last month")
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(error), *sys.meta_path])
    made = Made.of(marts, tmp_path)
    assert made.exit_code == 1
    assert remedy in made.output
    assert "Traceback" not in made.output
    assert "Lead time" in made.html
    assert not (tmp_path / "scorecard.pdf").exists()


def test_without_altair_one_sentence_says_what_to_install(
    marts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "altair" else find(name))
    made = Made.of(marts, tmp_path / "out")
    assert made.exit_code == 1
    assert "--requirement requirements-page.lock" in made.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(marts: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    made = Made.of(marts, tmp_path / "file")
    assert made.exit_code == 1
    assert "choose another folder by --out" in made.output
    missing = Made.of(tmp_path / "none.duckdb", tmp_path / "out")
    assert (missing.exit_code, "There is no warehouse" in missing.output) == (1, True)


def test_each_number_leads_to_its_definition(sample_page: Made, marts: Path) -> None:
    tree = sample_page.tree
    definitions = marts_rows(
        marts, "select kpi, kpi_name, definition, definition_version from marts.dim_kpis"
    )
    meanings = {
        term.get("id"): (text_of(term), text_of(told))
        for section in with_class(tree, "meanings")
        for term, told in zip(section.iter("dt"), section.iter("dd"), strict=True)
    }
    assert meanings == {
        f"means-{row['kpi']}": (
            row["kpi_name"],
            f"{' '.join(row['definition'].split())} Version {row['definition_version']}.",
        )
        for row in definitions
    }
    for kpi, row in rows_of_page(tree).items():
        (link,) = with_class(row, "means")
        assert link.get("href") == f"#means-{kpi}"
        assert numbers_in(text_of(link)) == numbers_in(dict(parts(row))["Value"])
    for view in with_class(tree, "scope"):
        named = {text_of(link): link.get("href") for link in with_class(view, "means")}
        assert len(named) == len(with_class(view, "below"))
        assert named.items() <= {row["kpi_name"]: f"#means-{row['kpi']}" for row in definitions}.items()


def test_every_anchor_of_the_navigation_is_there(sample_page: Made) -> None:
    tree = sample_page.tree
    for link in tree.iter("a"):
        target = link.get("href") or ""
        if target.startswith("#"):
            by_id(tree, target[1:])


def test_the_published_version_is_shown_when_asked_for(
    marts: Path, changed: Changed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = changed("update marts.scorecard_current set sentence = 'As published.' where kpi = 'lead_time'")
    path.rename(tmp_path / "current.duckdb")
    monkeypatch.setenv("SCORECARD_PUBLISHED", str(tmp_path))
    made = Made.of(marts, tmp_path / "out", "--published")
    assert made.exit_code == 0, made.output
    row = rows_of_page(made.tree)["lead_time"]
    assert text_of(with_class(row, "sentence")[0]) == "As published."
    assert "scorecard explain lead_time --published --limit 0" in text_of(row)
