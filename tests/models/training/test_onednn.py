"""Training with one thread is safe on processors without AVX-512, and changes no setting."""

import pytest
import torch

from models.training.onednn import safe_convolutions


@pytest.mark.parametrize(
    ("threads", "capability", "enabled"),
    [(1, "AVX2", False), (1, "DEFAULT", False), (1, "AVX512", True), (2, "AVX2", True)],
)
def test_onednn_is_off_only_where_it_damages_memory(
    threads: int, capability: str, enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    before = torch.backends.mkldnn.enabled
    with pytest.raises(ZeroDivisionError), safe_convolutions():
        assert torch.backends.mkldnn.enabled == (enabled and before)
        raise ZeroDivisionError
    assert torch.backends.mkldnn.enabled == before
