"""One module a KPI: each returns its rows, the ones left out included, with their reasons."""
