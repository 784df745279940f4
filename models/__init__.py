"""Whatever maps, searches or judges sounds; no network transport is known here."""
