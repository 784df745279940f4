"""Draw the paper's figures (sections 5.2 to 5.5) for any model: PNG, audio and an HTML report."""
