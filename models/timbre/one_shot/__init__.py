"""The one-shot model (Lionello): images of sounds in a latent space that knows classes."""
