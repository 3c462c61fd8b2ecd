"""An instrument that measures frameworks in pairs. It knows nothing of advice."""
