"""Control Ableton Live through AbletonOSC."""
