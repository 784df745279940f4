"""The one-shot model (Lionello): images of whole sounds from a VAE, in a space that knows classes."""
