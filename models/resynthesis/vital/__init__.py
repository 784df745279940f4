"""Write a resynthesis as a Vital patch: LFO curves, wiring, macros, velocity and JSON."""
