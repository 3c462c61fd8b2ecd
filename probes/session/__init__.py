"""A measuring session: arms, live workers, turns taken, and what came of each probe. Never imports a worker."""
