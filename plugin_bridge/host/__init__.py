"""The live host: one VST3, played without a DAW."""
