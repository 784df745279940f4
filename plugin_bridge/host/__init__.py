"""Play one VST3 live, without a DAW."""
