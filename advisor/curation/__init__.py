"""Tools of those who keep the knowledge base and the engine: coverage, releases, reviews, backtest, benchmarks."""
