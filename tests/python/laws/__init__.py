"""What must not change a number: exports rewritten in ways that leave the truth as it was."""
