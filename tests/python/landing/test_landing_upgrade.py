"""Landing into tables that an earlier release made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lander import Lander, issue

COLUMNS = "id, comments, locked, closed_at, html_url, user_"


def test_a_column_declared_since_is_taken_from_what_was_kept(
    lander: Lander, write: Callable[[str, Any], Path]
) -> None:
    rows = [
        issue(1, comments=4, locked=True, closed_at="2026-01-03T00:00:00Z", htmlUrl="https://x/1"),
        issue(2, comments=None),
    ]
    lander.one("github", write("issues-1.ndjson", rows))
    before = lander.query(f"select {COLUMNS} from raw_github.issues order by id")
    # The earlier release read the same file, and declared none of these.
    lander.warehouse.execute(
        "update raw_github.issues set _extra = cast(case id when 1 "
        "then json_object('comments', comments, 'locked', locked, 'closed_at', closed_at, "
        "'htmlUrl', html_url, 'user', cast(user_ as json)) "
        "else json_object('user', cast(user_ as json), 'locked', 'perhaps', 'comments', 'many') end as text)"
    )
    for name in ("comments", "locked", "closed_at", "html_url", "user_"):
        lander.warehouse.execute(f"alter table raw_github.issues drop column {name}")
    lander.one("github", write("issues-2.ndjson", [issue(3, comments=5)]))
    after = lander.query(f"select {COLUMNS} from raw_github.issues order by id")
    assert after[:2] == before and before[0][1:5] == (4, True, "2026-01-03T00:00:00Z", "https://x/1")
    assert (after[2][0], after[2][1]) == (3, 5)
