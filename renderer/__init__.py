"""Parameters and a note in, audio out: the engines, and what makes each render repeatable."""
