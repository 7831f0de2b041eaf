"""`scorecard bi metabase`: the dashboard of bi/metabase, and what the marts' columns are, in a Metabase."""
