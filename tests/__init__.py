"""Laws of the project, asserted through its front doors."""
