"""Everything that maps, searches or judges sounds; nothing here uses a network connection."""
