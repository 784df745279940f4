"""The frozen measurement of resynthesised presets; nothing here chooses a parameter."""
