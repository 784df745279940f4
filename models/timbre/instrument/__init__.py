"""Play a timbre model as the server plays a preset of a synth: knobs, matches, files."""
