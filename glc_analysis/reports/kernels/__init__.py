"""Warm kernels: a server that has imported what every page needs, and forks itself for each kernel."""
