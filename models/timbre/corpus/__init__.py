"""Read notes to learn from: folders, recordings, SoundFonts and rendered datasets."""
