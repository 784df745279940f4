"""Tests, in the tree of what they test; ``ROOT`` is the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
