"""Measure the speed of this machine: ``patchwright bench``.

``models.evaluation`` measures the quality of the answers.
"""
