"""Tables of preset formats and modules; no reader of whole files."""
