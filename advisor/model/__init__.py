"""The nouns of advice, frozen, by who reads them. Imports nothing else of ours. Pure: no files, no clock."""
