"""Where parameter changes go: protocols, targets and preset files."""
