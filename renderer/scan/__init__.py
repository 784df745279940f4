"""``patchwright scan``: an unknown plugin opened, probed and described; start at ``procedure``."""
