"""Where hits come from, and how they get their classes."""
