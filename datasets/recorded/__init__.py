"""Build recorded sounds that no synth of this project made, from Debian packages (README.md)."""
