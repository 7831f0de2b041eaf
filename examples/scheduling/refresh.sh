#!/bin/sh
# One scheduled refresh by its exit codes: 1 is tried once more where it failed, after as many seconds as the
# argument says; 3 is another refresh at work and no news; whatever else is not 0 is told on standard error.
cd "$(dirname "$0")/../.." || exit 4
refresh() { .venv/bin/scorecard refresh --log-format json "$@"; }

refresh
code=$?
if [ "$code" -eq 1 ]; then
    sleep "${1:-300}"
    refresh --resume
    code=$?
    # Nothing to resume: it had failed before a run began.
    if [ "$code" -eq 4 ]; then
        refresh
        code=$?
    fi
fi
case "$code" in
    0 | 3) exit 0 ;;
    2) echo "The checks refused the new version of the scorecard; readers have the one before." >&2 ;;
    *) echo "The refresh of the scorecard ended with exit code $code; readers have the version before." >&2 ;;
esac
exit "$code"
