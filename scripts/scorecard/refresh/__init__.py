"""`scorecard refresh`: land, build, check, publish; `scorecard rollback`: back to an earlier version."""
