"""Sizes of our network that train in a second."""

NETWORK = {
    "channels": (2, 4),
    "decoder_channels": (4, 2),
    "hidden": 16,
    "flow_hidden": (16,),
    "regression_transforms": 4,
}
