"""Queue commands and updates; a newer one replaces one of the same kind that waits."""
