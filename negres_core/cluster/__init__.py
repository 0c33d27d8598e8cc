"""Training in other processes or on other machines: an engine that divides replicates among workers.

`engine.py` divides and collects, `worker.py` trains in a worker, and `contract.py` says what passes between them. A
pool carries it: `dask.py` on Dask, `submitit.py` on a scheduler of jobs.
"""
