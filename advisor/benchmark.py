"""``python -m advisor.benchmark``: the engine, the app's first page and the main job, timed and tried."""

from advisor.curation.engine_benchmark import main

if __name__ == "__main__":
    main()
