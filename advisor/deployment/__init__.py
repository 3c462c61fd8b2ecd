"""From a recommended framework to a plan: routes to each target, what to type to install them, what of it is here."""
