"""Workloads: twin models in every framework, side by side. One module each; the folder is the registry.

What a module holds stands at the end of ``probes/types.py``; ``mlp.py`` is the shortest whole example, and a file of
one's own for ``--workload FILE.py`` is the same. Four rules make a workload pass the gate:

- learning rates, betas and epsilons are numbers that float32 holds exactly (powers of two, say), because Keras takes
  them through float32 even where the weights are float64;
- whatever two frameworks compute differently on purpose (running variances, say) is exempted by a line of
  ``EXEMPTIONS`` that begins ``<part>:<pattern>:``, as in ``weights:norm*.variance: Keras divides by n``;
- defaults differ: padding of strided convolutions ("same" is asymmetric), epsilon of LayerNorm (1e-5 in PyTorch, 1e-3
  in Keras) and BatchNorm, its momentum (.1 there is .9 here), a GRU's order of gates, an LSTM's second bias, Adam's
  epsilon, LeakyReLU's slope; write them out on both sides;
- the first step from the canonical weights is the step that is compared, so nothing may draw random numbers.
"""
