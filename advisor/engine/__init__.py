"""From answers and evidence to utilities and how firm they are. Pure: no files, no clock, no framework by name."""
