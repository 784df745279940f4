"""The frozen public interface: what it is now, what it was, and the test that compares the two."""
