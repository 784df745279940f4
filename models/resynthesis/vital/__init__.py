"""A resynthesis as a Vital patch: curves as LFOs, wiring, macros and velocity, JSON."""
