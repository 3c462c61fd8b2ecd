"""From a recommended framework to a plan: routes to each target, and what to type to install them. Pure."""
