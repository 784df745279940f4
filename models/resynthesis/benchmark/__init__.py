"""Measure resynthesised presets with a frozen protocol; it tunes no parameter."""
