"""Parameters and a note in, audio out: the engines and how they are kept pure."""
