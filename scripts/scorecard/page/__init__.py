"""The page: the ten numbers as one self-contained HTML file and as one printed sheet."""
