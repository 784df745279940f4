"""Real programs that tests start: the server, JACK, amsynth, MIDI ports, node, plugins."""
