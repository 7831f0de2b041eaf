"""What both BI tools' REST clients need of HTTP."""

from __future__ import annotations

import urllib.request
from typing import Any


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for a refusal: no key, password or token goes to an address that nobody named."""

    def redirect_request(self, *_: Any) -> None:
        return None
