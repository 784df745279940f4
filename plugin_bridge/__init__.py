"""Carry parameter changes to other programs: protocol, targets and preset files."""
