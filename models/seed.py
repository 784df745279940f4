"""Check the seed of a command before its work begins."""

MOST_SEED = 2**63 - 1  # of PyTorch, and of JSON readers


def checked_seed(value: int) -> int:
    """Return the seed of an option.

    Args:
        value: The seed, 0 or more.

    Returns:
        The same seed.

    Raises:
        SpecError: It is too large for its generators.

    >>> checked_seed(7)
    7
    """
    from datasets.errors import SpecError

    if value > MOST_SEED:
        raise SpecError(f"--seed {value}: must be at most {MOST_SEED}")
    return value
