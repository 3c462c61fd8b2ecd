"""Samples to ratios, intervals and verdicts; parity, roofline, the worth of tuning. Pure."""
